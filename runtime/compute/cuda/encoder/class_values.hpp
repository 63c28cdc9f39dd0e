#pragma once

#include "runtime/base/half.hpp"
#include "runtime/job/numeric_class.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace weft::cuda {

/// Bytes of one value of an encoder's class. REQUIRES: fp32, fp16 or bf16.
constexpr size_t value_bytes(numeric_class precision) noexcept {
  return precision == numeric_class::fp32 ? 4 : 2;
}

inline uint16_t to_bfloat(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16); // to nearest, ties to even; no NaN comes
}

/// `from` in the class, rounded to nearest even. to: [from.size()] values of the class.
inline void convert_values(std::span<const float> from, numeric_class precision, std::byte* to) {
  if (precision == numeric_class::fp32) {
    std::memcpy(to, from.data(), from.size_bytes());
    return;
  }
  for (size_t i = 0; i < from.size(); ++i) {
    const uint16_t value = precision == numeric_class::fp16 ? to_half(from[i]) : to_bfloat(from[i]);
    std::memcpy(to + 2 * i, &value, sizeof value);
  }
}

} // namespace weft::cuda
