#pragma once

#include "runtime/compute/cpu/bf16_value.hpp"
#include "runtime/compute/cpu/encoder.hpp"

#include <algorithm>
#include <cmath>

namespace weft::inline WEFT_ISA {

/// See bf16_kernels::bias_layer_norm. In two passes over a row: the variance is the mean square minus the squared mean,
/// which costs nothing here, since rows have a mean near 0 and leave in bf16.
inline void bias_layer_norm_bf16(float* x, uint16_t* narrow, size_t rows, size_t hidden, const float* bias,
                                 const norm_weights& norm, float epsilon) {
  const float share = 1.0f / static_cast<float>(hidden);
  for (size_t r = 0; r < rows; ++r, x += hidden, narrow += hidden) {
    vfloat sum = {};
    vfloat squares = {};
    for (size_t i = 0; i < hidden; i += simd_width) {
      const vfloat v = weft::load(x + i) + weft::load(bias + i);
      weft::store(x + i, v);
      sum += v;
      squares = multiply_add(v, v, squares);
    }
    const float mean = sum_of(sum) * share;
    const float variance = std::max(sum_of(squares) * share - mean * mean, 0.0f);
    const vfloat scale = splat(1.0f / std::sqrt(variance + epsilon));
    const vfloat offset = splat(-mean) * scale;
    for (size_t i = 0; i < hidden; i += simd_width) {
      const vfloat v = multiply_add(multiply_add(weft::load(x + i), scale, offset), weft::load(norm.gamma.data() + i),
                                    weft::load(norm.beta.data() + i));
      weft::store(x + i, v);
      store_bf16(narrow + i, v);
    }
  }
}

inline void round_bf16(const float* x, size_t count, uint16_t* narrow) {
  for (size_t i = 0; i < count; i += simd_width)
    store_bf16(narrow + i, weft::load(x + i));
}

} // namespace weft::inline WEFT_ISA
