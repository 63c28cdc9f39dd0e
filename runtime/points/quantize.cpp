#include "runtime/points/quantize.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/points/round_to_int8.hpp"

#include <algorithm>
#include <cmath>

namespace weft {

float scale_of(std::span<const float> rows) {
  float largest = 0;
  for (const float x : rows) {
    const float magnitude = std::fabs(x);
    if (magnitude > largest && std::isfinite(magnitude))
      largest = magnitude;
  }
  if (largest == 0)
    return 1;
  int exponent = 0;
  const float fraction = std::frexp(largest, &exponent); // largest = fraction · 2^exponent, fraction in [0.5, 1)
  const int power = (fraction * 128 <= 127 ? 7 : 6) - exponent;
  return std::ldexp(1.0F, std::clamp(power, -100, 100));
}

quantized_points quantize_points(std::span<const float> rows, uint32_t dimensions, float scale) {
  WEFT_ASSERT(dimensions > 0);
  WEFT_ASSERT(rows.size() % dimensions == 0);
  int exponent = 0;
  WEFT_ASSERT(std::frexp(scale, &exponent) == 0.5F);
  quantized_points points{dimensions, scale, std::vector<int8_t>(rows.size())};
  std::transform(rows.begin(), rows.end(), points.values.begin(),
                 [scale](float x) { return round_to_int8(x * scale); });
  return points;
}

double cosine_of(int32_t product, float row_scale, float column_scale) {
  return std::clamp(product / (static_cast<double>(row_scale) * column_scale), -1.0, 1.0);
}

} // namespace weft
