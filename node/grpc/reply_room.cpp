#include "node/grpc/reply_room.hpp"

#include "node/grpc/convert_compress.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace weft {
namespace {

// Pieces of a sentence or line that is cut for its length have more.
constexpr uint64_t piece_bytes_min = 512;
// Of models that are common, the widest have so many.
constexpr uint32_t dimensions_common = 1'024;
// Weight, scale, tags and lengths of a mega-token.
constexpr uint64_t vector_overhead = 64;

// What a byte may be the end of.
enum class end_kind : uint8_t { none, line, stop, value, wide };

constexpr std::array<end_kind, 256> make_end_kinds() {
  std::array<end_kind, 256> out{};
  out['\n'] = end_kind::line;
  for (const unsigned char c : {'.', '!', '?'})
    out[c] = end_kind::stop;
  for (const unsigned char c : {',', '{', '['})
    out[c] = end_kind::value;
  for (const int c : {0xD8, 0xDB, 0xE0, 0xE2, 0xE3, 0xEF}) // first bytes of stops that are not ASCII
    out[static_cast<size_t>(c)] = end_kind::wide;
  return out;
}
constexpr auto end_kinds = make_end_kinds();

// What stands behind ASCII stops that end nothing, or whose end is counted there: a letter or digit, the next stop of a
// row, the end of the line.
constexpr std::array<bool, 256> make_passes_on() {
  std::array<bool, 256> out{};
  for (size_t c = 0; c < 128; ++c)
    out[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  for (const unsigned char c : {'\n', '.', '!', '?'})
    out[c] = true;
  return out;
}
constexpr auto passes_on = make_passes_on();

// Whether a stop that is not ASCII stands there: those that sentences.cpp knows.
bool is_wide_stop(std::string_view text, size_t at) noexcept {
  const auto byte = [&](size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0; };
  const unsigned second = byte(1);
  const unsigned third = byte(2);
  switch (byte(0)) {
  case 0xD8: // U+061F
    return second == 0x9F;
  case 0xDB: // U+06D4
    return second == 0x94;
  case 0xE0: // U+0964, U+0965
    return second == 0xA5 && (third == 0xA4 || third == 0xA5);
  case 0xE2: // U+2026, U+203C, U+2047 to U+2049
    return (second == 0x80 && (third == 0xA6 || third == 0xBC)) || (second == 0x81 && third >= 0x87 && third <= 0x89);
  case 0xE3: // U+3002
    return second == 0x80 && third == 0x82;
  case 0xEF: // U+FF01, U+FF1B, U+FF1F, U+FF61
    return (second == 0xBC && (third == 0x81 || third == 0x9B || third == 0x9F)) || (second == 0xBD && third == 0xA1);
  default:
    return false;
  }
}

// Whether the line that begins at `at` may begin JSON.
bool opens_json(std::string_view text, size_t at) noexcept {
  const auto first = text.find_first_not_of(" \t\r\v\f", at);
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

uint64_t varint_bytes(uint64_t number) noexcept {
  return (static_cast<uint64_t>(std::bit_width(number | 1)) + 6) / 7;
}

uint64_t bits_of(vector_encoding encoding) noexcept {
  switch (encoding) {
  case vector_encoding::float16:
    return 16;
  case vector_encoding::int8:
    return 8;
  case vector_encoding::binary:
    return 1;
  default:
    return 32;
  }
}

} // namespace

uint64_t units_at_most(std::string_view text) noexcept {
  bool json = opens_json(text, 0);
  uint64_t ends = 1;
  for (size_t at = 0; at < text.size(); ++at) {
    const auto kind = end_kinds[static_cast<unsigned char>(text[at])];
    if (kind == end_kind::none)
      continue;
    if (kind == end_kind::line) {
      ++ends;
      json = json || opens_json(text, at + 1);
    } else if (kind == end_kind::stop) {
      ends += at + 1 < text.size() && !passes_on[static_cast<unsigned char>(text[at + 1])] ? 1 : 0;
    } else if (kind == end_kind::value) {
      ends += json ? 1 : 0;
    } else {
      ends += is_wide_stop(text, at) ? 1 : 0;
    }
  }
  // A unit has a byte, and one that is no part of it comes before the next.
  return std::min(ends, (text.size() + 1) / 2) + text.size() / piece_bytes_min;
}

uint32_t dimensions_expected(const node_view& view, const std::string& model) {
  const auto node = view.snapshot();
  uint32_t most = 0;
  for (const auto& one : node->models)
    if (model.empty() || one.info.name == model)
      most = std::max(most, one.info.dimensions);
  return most > 0 ? most : dimensions_common;
}

reply_room::reply_room(const compress_wish& wish, uint32_t dimensions)
    : extract_(wish.wanted.extract), counts_(wish.wanted.strategy == compress_strategy::automatic ||
                                             wish.wanted.strategy == compress_strategy::templates ||
                                             wish.wanted.strategy == compress_strategy::ensemble),
      vectors_max_(wish.wanted.mega_tokens),
      vector_bytes_(uint64_t{dimensions} * bits_of(wish.encoding) / 8 + vector_overhead) {}

uint64_t reply_room::of(std::string_view text) const noexcept {
  const uint64_t units = units_at_most(text);
  const uint64_t places = units * (4 + 2 * varint_bytes(text.size())); // two tags, a length and a tag more
  // Counts add up to the units at the most, so theirs have no more bytes in all.
  const uint64_t kept = (extract_ ? text.size() : 0) + places + (counts_ ? units : 0);
  return vectors_max_ == 0 ? kept : kept + places + std::min(vectors_max_, units) * vector_bytes_;
}

uint64_t reply_room::add(uint64_t bytes) noexcept {
  const uint64_t before = std::min(bytes_, compress_reply_bytes_max);
  bytes_ += bytes;
  return std::min(bytes_, compress_reply_bytes_max) - before;
}

} // namespace weft
