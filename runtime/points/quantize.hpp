#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// Rows of floats as points of 8 bits: value ≈ float × scale, from -127 to 127.
struct quantized_points {
  uint32_t dimensions = 0;
  float scale = 1;            ///< a power of two
  std::vector<int8_t> values; ///< [points, dimensions]

  size_t points() const noexcept { return dimensions == 0 ? 0 : values.size() / dimensions; }
};

/// The largest power of two with which no value of the set leaves ±127; 1 where there are only zeros. A power of two
/// because multiplying by it is exact, so that rounding is the same everywhere, and because a set that grows keeps its
/// scale until a value comes that is twice as large. Infinite values and NaN are not looked at.
float scale_of(std::span<const float> rows);

/// rows: [points, dimensions]. Rounds to nearest, halves to even, in integers; clamps to ±127; NaN becomes 0.
/// With 384 dimensions, rows of length 1 and a largest value of 0.25 a cosine is off by 0.001 at most times.
/// REQUIRES: dimensions > 0, rows.size() a multiple of it, scale a power of two.
quantized_points quantize_points(std::span<const float> rows, uint32_t dimensions, float scale);
inline quantized_points quantize_points(std::span<const float> rows, uint32_t dimensions) {
  return quantize_points(rows, dimensions, scale_of(rows));
}

/// What a product of two points says about the cosine of their rows of length 1; from -1 to 1.
double cosine_of(int32_t product, float row_scale, float column_scale);

} // namespace weft
