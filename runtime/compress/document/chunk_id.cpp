#include "runtime/compress/document/chunk_id.hpp"

#include <xxhash.h>

namespace weft {
namespace {

// Any two numbers; they may never change: handles would.
constexpr XXH64_hash_t first_seed = 0x77'65'66'74'64'6f'63'31ULL;
constexpr XXH64_hash_t second_seed = 0x77'65'66'74'64'6f'63'32ULL;

} // namespace

chunk_id chunk_id_of(std::string_view bytes) noexcept {
  const auto first = XXH3_128bits_withSeed(bytes.data(), bytes.size(), first_seed);
  const auto second = XXH3_128bits_withSeed(bytes.data(), bytes.size(), second_seed);
  return {{first.high64, first.low64, second.high64, second.low64}};
}

std::string to_hex(const chunk_id& id) {
  std::string out;
  out.reserve(64);
  for (const auto word : id.words)
    for (int shift = 60; shift >= 0; shift -= 4)
      out += "0123456789abcdef"[word >> shift & 0xF];
  return out;
}

} // namespace weft
