#pragma once

#include <bit>
#include <cstdint>

namespace weft {

/// The largest integer whose square is at most `value`: one bit of the root after the other, from the highest.
constexpr uint64_t integer_root(uint64_t value) noexcept {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << (std::bit_width(value | 1) - 1) / 2; bit > 0; bit /= 2)
    if ((root + bit) <= value / (root + bit))
      root += bit;
  return root;
}

} // namespace weft
