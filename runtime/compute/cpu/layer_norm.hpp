#pragma once

#include "runtime/compute/cpu/simd.hpp"

#include <cmath>

namespace weft::inline WEFT_ISA {

/// (x − mean) / sqrt(variance + epsilon) · gamma + beta over one row; variance is that of the whole row, in two passes.
/// row: [hidden], changed in place. REQUIRES: hidden is a multiple of simd_width.
WEFT_INLINE void layer_norm_row(float* row, const float* gamma, const float* beta, float epsilon, size_t hidden) {
  vfloat sum = {};
  for (size_t i = 0; i < hidden; i += simd_width)
    sum += load(row + i);
  const vfloat mean = splat(sum_of(sum) / static_cast<float>(hidden));
  vfloat squares = {};
  for (size_t i = 0; i < hidden; i += simd_width) {
    const vfloat d = load(row + i) - mean;
    squares = multiply_add(d, d, squares);
  }
  const vfloat scale = splat(1.0f / std::sqrt(sum_of(squares) / static_cast<float>(hidden) + epsilon));
  for (size_t i = 0; i < hidden; i += simd_width)
    store(row + i, multiply_add((load(row + i) - mean) * scale, load(gamma + i), load(beta + i)));
}

/// x = layer norm of (x + residual). x, residual: [rows, hidden].
inline void add_layer_norm(float* x, const float* residual, size_t rows, size_t hidden, const float* gamma,
                           const float* beta, float epsilon) {
  for (size_t r = 0; r < rows; ++r) {
    float* row = x + r * hidden;
    const float* other = residual + r * hidden;
    for (size_t i = 0; i < hidden; i += simd_width)
      store(row + i, load(row + i) + load(other + i));
    layer_norm_row(row, gamma, beta, epsilon, hidden);
  }
}

} // namespace weft::inline WEFT_ISA
