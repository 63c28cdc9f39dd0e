#include "runtime/storage/job_log_record.hpp"

#include <algorithm>
#include <utility>
#include <xxhash.h>

namespace weft {
namespace {

constexpr size_t seal_bytes = 8;

template <class Number> void put_big(char* out, Number number) noexcept {
  for (size_t i = 0; i < sizeof(Number); ++i)
    out[i] = static_cast<char>(number >> (8 * (sizeof(Number) - 1 - i)) & 0xFF);
}

template <class Number> Number take_big(const char* from) noexcept {
  Number number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i)
    number = static_cast<Number>(number << 8 | static_cast<uint8_t>(from[i]));
  return number;
}

std::array<char, seal_bytes> seal_of(std::string_view key, std::string_view record) noexcept {
  const auto seed = XXH3_64bits(key.data(), key.size());
  std::array<char, seal_bytes> out;
  put_big(out.data(), uint64_t{XXH3_64bits_withSeed(record.data(), record.size(), seed)});
  return out;
}

} // namespace

job_disk_key disk_key(job_id id) noexcept {
  job_disk_key out;
  put_big(out.data(), id.high);
  put_big(out.data() + 8, id.low);
  return out;
}

segment_disk_key disk_key(segment_id id) noexcept {
  segment_disk_key out;
  std::ranges::copy(disk_key(id.job), out.begin());
  put_big(out.data() + 16, id.index);
  return out;
}

std::optional<segment_id> segment_of(std::string_view key) noexcept {
  if (key.size() != sizeof(segment_disk_key))
    return std::nullopt;
  return segment_id{{take_big<uint64_t>(key.data()), take_big<uint64_t>(key.data() + 8)},
                    take_big<uint32_t>(key.data() + 16)};
}

std::array<char, 21> end_of_segments(job_id id) noexcept {
  std::array<char, 21> out;
  std::ranges::copy(disk_key(segment_id{id, UINT32_MAX}), out.begin());
  out.back() = '\0';
  return out;
}

std::string sealed(std::string_view key, std::string record) {
  const auto seal = seal_of(key, record);
  return std::move(record.append(seal.data(), seal.size()));
}

std::optional<std::string_view> unsealed(std::string_view key, std::string_view bytes) noexcept {
  if (bytes.size() < seal_bytes)
    return std::nullopt;
  const auto record = bytes.substr(0, bytes.size() - seal_bytes);
  const auto seal = seal_of(key, record);
  if (bytes.substr(record.size()) != std::string_view{seal.data(), seal.size()})
    return std::nullopt;
  return record;
}

} // namespace weft
