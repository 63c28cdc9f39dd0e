#pragma once

#include "runtime/compute/cpu/simd.hpp"

namespace weft::inline WEFT_ISA {

/// Mean of the rows. x: [rows, hidden]; out: [hidden]. REQUIRES: rows > 0 ([CLS][SEP] are always there).
inline void mean_rows(const float* x, size_t rows, size_t hidden, float* out) {
  for (size_t i = 0; i < hidden; i += simd_width)
    store(out + i, load(x + i));
  for (size_t r = 1; r < rows; ++r)
    for (size_t i = 0; i < hidden; i += simd_width)
      store(out + i, load(out + i) + load(x + r * hidden + i));
  const vfloat share = splat(1.0f / static_cast<float>(rows));
  for (size_t i = 0; i < hidden; i += simd_width)
    store(out + i, load(out + i) * share);
}

} // namespace weft::inline WEFT_ISA
