#pragma once

#include <cmath>
#include <cstdint>

namespace weft {

/// Nearest integer, halves to even, from -127 to 127; NaN is 0. In integers, so that neither the rounding mode of the
/// thread nor the compiler has a say.
inline int8_t round_to_int8(double x) noexcept {
  const double magnitude = std::fabs(x);
  if (!(magnitude < 127))
    return std::isnan(x) ? 0 : x < 0 ? -127 : 127;
  const auto whole = static_cast<int32_t>(magnitude);
  const double rest = magnitude - whole; // exact
  const int32_t rounded = whole + (rest > 0.5 || (rest == 0.5 && (whole & 1)));
  return static_cast<int8_t>(x < 0 ? -rounded : rounded);
}

} // namespace weft
