#include "runtime/storage/entry_record.hpp"

#include <cstddef>
#include <xxhash.h>

namespace weft {
namespace {

constexpr uint8_t version = 1;
constexpr size_t head_bytes = 1 + 4 + 3 * 8;
constexpr size_t checksum_bytes = 8;
constexpr size_t batch_head_bytes = 3 * 8;

template <class Number> void put(std::string& out, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i)
    out += static_cast<char>(number >> (8 * i) & 0xFF);
}

template <class Number> Number take(std::string_view& from) noexcept {
  Number number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i)
    number |= static_cast<Number>(static_cast<Number>(static_cast<uint8_t>(from[i])) << (8 * i));
  from.remove_prefix(sizeof(Number));
  return number;
}

uint64_t checksum(const cache_key& key, std::string_view bytes) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), key.high ^ (key.low * 0x9E37'79B9'7F4A'7C15ULL));
}

template <size_t Size> void put_big(std::array<char, Size>& out, size_t at, uint64_t number) noexcept {
  for (size_t i = 0; i < 8; ++i)
    out[at + i] = static_cast<char>(number >> (8 * (7 - i)) & 0xFF);
}

uint64_t take_big(std::string_view from) noexcept {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i)
    number = number << 8 | static_cast<uint8_t>(from[i]);
  return number;
}

} // namespace

key_bytes bytes_of(const cache_key& key) noexcept {
  key_bytes out;
  put_big(out, 0, key.high);
  put_big(out, 8, key.low);
  return out;
}

cache_key key_from(std::string_view bytes) noexcept {
  return {take_big(bytes), take_big(bytes.substr(8))};
}

std::array<char, 8> bytes_of(uint64_t number) noexcept {
  std::array<char, 8> out;
  put_big(out, 0, number);
  return out;
}

std::optional<uint64_t> number_from(std::string_view bytes) noexcept {
  return bytes.size() == 8 ? std::optional{take_big(bytes)} : std::nullopt;
}

std::string encode(const cache_key& key, const entry_record& record) {
  std::string out;
  out.reserve(head_bytes + record.kind.size() + record.body.size() + checksum_bytes);
  put(out, version);
  put(out, static_cast<uint32_t>(record.kind.size()));
  put(out, record.generation);
  put(out, record.expires);
  put(out, record.batch);
  out += record.kind;
  out += record.body;
  put(out, checksum(key, out));
  return out;
}

std::optional<entry_record> decode(const cache_key& key, std::string_view bytes) noexcept {
  if (bytes.size() < head_bytes + checksum_bytes || bytes.front() != version)
    return std::nullopt;
  std::string_view sum = bytes.substr(bytes.size() - checksum_bytes);
  bytes.remove_suffix(checksum_bytes);
  if (take<uint64_t>(sum) != checksum(key, bytes))
    return std::nullopt;
  bytes.remove_prefix(1);
  const auto kind_bytes = take<uint32_t>(bytes);
  entry_record out;
  out.generation = take<uint64_t>(bytes);
  out.expires = take<uint64_t>(bytes);
  out.batch = take<uint64_t>(bytes);
  if (kind_bytes > bytes.size())
    return std::nullopt;
  out.kind = bytes.substr(0, kind_bytes);
  out.body = bytes.substr(kind_bytes);
  return out;
}

std::optional<record_age> age_of(std::string_view bytes) noexcept {
  if (bytes.size() < head_bytes + checksum_bytes || bytes.front() != version)
    return std::nullopt;
  bytes.remove_prefix(1 + 4);
  const auto generation = take<uint64_t>(bytes);
  return record_age{generation, take<uint64_t>(bytes)};
}

std::string encode(const batch_record& batch) {
  std::string out;
  out.reserve(batch_head_bytes + batch.keys.size() * sizeof(key_bytes));
  put(out, batch.bytes);
  put(out, batch.expires);
  put(out, batch.generation);
  for (const auto& key : batch.keys) {
    const auto bytes = bytes_of(key);
    out.append(bytes.data(), bytes.size());
  }
  return out;
}

std::optional<batch_record> decode_batch(std::string_view bytes) {
  if (bytes.size() < batch_head_bytes || (bytes.size() - batch_head_bytes) % sizeof(key_bytes) != 0)
    return std::nullopt;
  batch_record out;
  out.bytes = take<uint64_t>(bytes);
  out.expires = take<uint64_t>(bytes);
  out.generation = take<uint64_t>(bytes);
  out.keys.reserve(bytes.size() / sizeof(key_bytes));
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(key_bytes)))
    out.keys.push_back(key_from(bytes.substr(0, sizeof(key_bytes))));
  return out;
}

} // namespace weft
