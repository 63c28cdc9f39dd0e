#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/base/mix_bits.hpp"

#include <cstdint>

namespace weft {

/// Chance that is told: the whole sequence follows from the seed, the same on every machine (splitmix64, Steele and
/// others, 2014). 8 bytes of state, so that thousands of cores in one simulation cost nothing.
class random_source {
public:
  explicit random_source(uint64_t seed) noexcept : state_(seed) {}

  uint64_t next() noexcept { return mix_bits(state_ += 0x9e3779b97f4a7c15ULL); }

  /// Uniform in [0, bound): Lemire's multiplication, whose bias is below 2^-32 for our bounds. REQUIRES: bound > 0.
  uint32_t below(uint32_t bound) noexcept {
    WEFT_ASSERT(bound > 0);
    return static_cast<uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  bool chance(double probability) noexcept { return unit() < probability; }

  /// A time in [0, span). T is a std::chrono duration.
  template <class T> T within(T span) noexcept {
    return T{static_cast<typename T::rep>(static_cast<double>(span.count()) * unit())};
  }

private:
  uint64_t state_;
};

} // namespace weft
