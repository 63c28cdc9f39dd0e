#include "runtime/compress/document/chunker.hpp"

#include "runtime/base/mix_bits.hpp"
#include "runtime/compress/text/characters.hpp"

#include <algorithm>
#include <array>

namespace weft {
namespace {

/// Bytes that the hash remembers: each shifts the ones before it by a bit.
constexpr size_t hash_bytes = 64;
/// How far a cut is moved to the end of a paragraph or line.
constexpr size_t move_max = cut_sight - 1;
static_assert(move_max < chunk_bytes_min);

/// A constant a byte value; any that look random will do, but they may never change: cuts would.
constexpr std::array<uint64_t, 256> gears = [] {
  std::array<uint64_t, 256> table{};
  for (uint64_t i = 0; i < table.size(); ++i)
    table[i] = mix_bits((i + 1) * 0x9e3779b97f4a7c15ULL);
  return table;
}();

/// One of so many bytes beyond the least is a cut.
constexpr uint64_t hash_below = UINT64_MAX / (chunk_bytes_mean - chunk_bytes_min);

/// The first place from `from` to `last` where the hash is small; 0: there is none.
size_t find_place(std::string_view text, size_t from, size_t last) noexcept {
  uint64_t hash = 0;
  for (size_t i = from - hash_bytes; i < from; ++i)
    hash = (hash << 1) + gears[static_cast<unsigned char>(text[i])];
  for (size_t at = from; at < last; ++at) {
    if (hash < hash_below)
      return at;
    hash = (hash << 1) + gears[static_cast<unsigned char>(text[at])];
  }
  return hash < hash_below ? last : 0;
}

/// Whether a paragraph ends before `at`, where a line does.
bool after_empty_line(std::string_view text, size_t at) noexcept {
  size_t before = at - 1; // the line feed
  if (before > 0 && text[before - 1] == '\r')
    --before;
  return before > 0 && text[before - 1] == '\n';
}

bool between_characters(std::string_view text, size_t at) noexcept {
  return at == text.size() || !is_continuation(text[at]);
}

/// The first end of a paragraph in [at, last], else of a line, else of a character.
size_t move_on(std::string_view text, size_t at, size_t last) noexcept {
  size_t line = 0;
  const auto seen = text.substr(0, last); // a search may not run on through a text without lines
  for (size_t feed = seen.find('\n', at - 1); feed != seen.npos; feed = seen.find('\n', feed + 1)) {
    if (after_empty_line(text, feed + 1))
      return feed + 1;
    if (line == 0)
      line = feed + 1;
  }
  if (line > 0)
    return line;
  while (at < last && !between_characters(text, at))
    ++at;
  while (!between_characters(text, at))
    --at;
  return at;
}

/// The last end of a paragraph in [first, at], else of a line, else of a character.
size_t move_back(std::string_view text, size_t first, size_t at) noexcept {
  size_t line = 0;
  for (size_t feed = text.rfind('\n', at - 1); feed != text.npos && feed >= first; feed = text.rfind('\n', feed - 1)) {
    if (after_empty_line(text, feed + 1))
      return feed + 1;
    if (line == 0)
      line = feed + 1;
  }
  if (line > 0)
    return line;
  while (!between_characters(text, at))
    --at;
  return at;
}

} // namespace

size_t first_chunk_bytes(std::string_view text) noexcept {
  if (text.size() <= chunk_bytes_min)
    return text.size();
  const size_t last = std::min(text.size(), chunk_bytes_max);
  if (const auto place = find_place(text, chunk_bytes_min, last))
    return move_on(text, place, std::min(place + move_max, last));
  return text.size() <= chunk_bytes_max ? text.size() : move_back(text, last - move_max, last);
}

std::vector<uint32_t> chunk_sizes(std::string_view text) {
  std::vector<uint32_t> out;
  out.reserve(text.size() / chunk_bytes_mean + 1);
  while (!text.empty()) {
    const size_t bytes = first_chunk_bytes(text);
    out.push_back(static_cast<uint32_t>(bytes));
    text.remove_prefix(bytes);
  }
  return out;
}

} // namespace weft
