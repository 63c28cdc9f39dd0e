#include "runtime/job/job_id.hpp"

#include <xxhash.h>

namespace weft {
namespace {

void put(std::string& out, std::string_view text) {
  for (int i = 0; i < 8; ++i)
    out += static_cast<char>(uint64_t{text.size()} >> (8 * i) & 0xFF);
  out += text;
}

std::optional<uint64_t> digits(std::string_view text) noexcept {
  uint64_t number = 0;
  for (const char c : text) {
    const bool decimal = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'f', upper = c >= 'A' && c <= 'F';
    if (!decimal && !lower && !upper)
      return std::nullopt;
    const int digit = decimal ? c - '0' : lower ? c - 'a' + 10 : c - 'A' + 10;
    number = number << 4 | static_cast<uint64_t>(digit);
  }
  return number;
}

constexpr size_t half_digits = 16;

} // namespace

job_id job_id_of(std::string_view tenant, std::string_view request_id) noexcept {
  std::string bytes;
  put(bytes, tenant);
  put(bytes, request_id);
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string to_text(job_id id) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (const uint64_t half : {id.high, id.low})
    for (int shift = 60; shift >= 0; shift -= 4)
      out += hex[half >> shift & 0xF];
  return out;
}

std::optional<job_id> parse_job_id(std::string_view text) noexcept {
  if (text.size() != 2 * half_digits)
    return std::nullopt;
  const auto high = digits(text.substr(0, half_digits)), low = digits(text.substr(half_digits));
  if (!high || !low)
    return std::nullopt;
  return job_id{*high, *low};
}

} // namespace weft
