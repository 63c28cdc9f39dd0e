#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace weft {

/// Largest magnitude of a quantised activation: 13 bits and a sign.
inline constexpr int32_t int16_activation_max = 8191;

/// Largest Σ|q| of a quantised column of weights. A sum of products is at most this times int16_activation_max, so no
/// int32 sum can overflow, in whatever order and grouping it is formed.
inline constexpr int32_t int16_column_l1_max = std::numeric_limits<int32_t>::max() / int16_activation_max;

/// One output column of a linear layer in 16-bit fixed point: weights[i] ≈ q[i] · the returned scale. The scale is the
/// finest that keeps every q within ±32767 and Σ|q| ≤ int16_column_l1_max; 0 where all weights are (nearly) 0.
/// REQUIRES: q.size() == weights.size() ≤ int16_column_l1_max.
float quantize_column(std::span<const float> weights, std::span<int16_t> q);

} // namespace weft
