#pragma once

#include <cstdint>

namespace weft {

/// The end of splitmix64 (Steele and others, 2014): each bit of the input changes half of the output, on average. Not a
/// hash of bytes; for numbers that are to be spread.
constexpr uint64_t mix_bits(uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

} // namespace weft
