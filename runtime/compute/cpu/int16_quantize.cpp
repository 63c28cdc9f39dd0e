#include "runtime/compute/cpu/int16_quantize.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace weft {

float quantize_column(std::span<const float> weights, std::span<int16_t> q) {
  WEFT_ASSERT(q.size() == weights.size());
  WEFT_ASSERT(weights.size() <= static_cast<size_t>(int16_column_l1_max));
  double largest = 0;
  double sum = 0;
  for (const float w : weights) {
    largest = std::max(largest, std::fabs(static_cast<double>(w)));
    sum += std::fabs(static_cast<double>(w));
  }
  if (!(largest > 1e-30)) {
    std::fill(q.begin(), q.end(), int16_t{0});
    return 0;
  }
  // Rounding adds at most 1/2 to each |q|: that much of the bound is kept free, and one for the sum's own rounding.
  const double room = int16_column_l1_max - 0.5 * static_cast<double>(weights.size()) - 1;
  const double factor = std::min(32767 / largest, room / sum);
  int64_t l1 = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const auto value = std::lround(weights[i] * factor);
    WEFT_ASSERT(std::abs(value) <= 32767);
    q[i] = static_cast<int16_t>(value);
    l1 += std::abs(value);
  }
  WEFT_ASSERT(l1 <= int16_column_l1_max);
  return static_cast<float>(1 / factor);
}

} // namespace weft
