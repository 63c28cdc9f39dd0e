#pragma once

#include "runtime/compute/cpu/linear.hpp"

#include <cmath>
#include <limits>

namespace weft::inline WEFT_ISA {

/// Values of one head. A constant, so that the tiles over it unroll.
inline constexpr size_t head_size = 32;

/// `length` rounded up to whole panels.
constexpr size_t attention_columns(size_t length) {
  return (length + panel_columns - 1) / panel_columns * panel_columns;
}

/// Floats that attention_sequence() needs as scratch for sequences of up to `length` tokens: packed keys, packed
/// values, the scores of one tile.
constexpr size_t attention_scratch(size_t length) {
  return attention_columns(length) * (2 * head_size + tile_rows_max);
}

/// exp(scale·(s − max s)) over one row of scores; those beyond `length` become 0. Returns 1 / sum.
WEFT_INLINE float softmax_row(float* scores, size_t length, size_t columns, float scale_log2e) {
  for (size_t i = length; i < columns; ++i)
    scores[i] = -std::numeric_limits<float>::infinity();
  vfloat top = load(scores);
  for (size_t i = simd_width; i < columns; i += simd_width)
    top = larger(top, load(scores + i));
  const vfloat scale = splat(scale_log2e);
  const vfloat offset = splat(-largest_of(top) * scale_log2e);
  vfloat sum = {};
  for (size_t i = 0; i < columns; i += simd_width) {
    const vfloat e = exp2_of(multiply_add(load(scores + i), scale, offset));
    store(scores + i, e);
    sum += e;
  }
  return 1.0f / sum_of(sum);
}

/// Keys of one head as panels [columns / panel_columns, head_size, panel_columns] (rows beyond `length` are 0), values
/// as panels [head_size / panel_columns, length, panel_columns]: what linear() multiplies with.
WEFT_INLINE void pack_keys_values(const float* keys, const float* values, size_t stride, size_t length, size_t columns,
                                  float* packed_keys, float* packed_values) {
  for (size_t s = 0; s < columns; ++s) {
    float* to = packed_keys + s / panel_columns * panel_columns * head_size + s % panel_columns;
    for (size_t d = 0; d < head_size; ++d)
      to[d * panel_columns] = s < length ? keys[s * stride + d] : 0.0f;
  }
  for (size_t d = 0; d < head_size; d += simd_width)
    for (size_t s = 0; s < length; ++s)
      store(packed_values + d / panel_columns * panel_columns * length + s * panel_columns + d % panel_columns,
            load(values + s * stride + d));
}

/// One sequence, all heads: out = softmax(Q·Kᵀ / √head_size)·V in one pass per tile of queries, the scores never leave
/// the first-level cache. qkv: [length, 3, heads, head_size]; out: [length, heads, head_size];
/// scratch: attention_scratch(length) floats.
inline void attention_sequence(const float* qkv, size_t length, size_t heads, float* out, float* scratch) {
  const size_t hidden = heads * head_size;
  const size_t stride = 3 * hidden;
  const size_t columns = attention_columns(length);
  float* packed_keys = scratch;
  float* packed_values = packed_keys + columns * head_size;
  float* scores = packed_values + columns * head_size;
  const float scale_log2e = 1.4426950408889634f / std::sqrt(static_cast<float>(head_size));
  const size_t tiles = (length + tile_rows_max - 1) / tile_rows_max;
  for (size_t head = 0; head < heads; ++head) {
    const float* queries = qkv + head * head_size;
    pack_keys_values(queries + hidden, queries + 2 * hidden, stride, length, columns, packed_keys, packed_values);
    size_t row = 0;
    for (size_t t = 0; t < tiles; ++t) {
      const size_t rows = (length - row) / (tiles - t);
      linear<epilogue::none>(queries + row * stride, stride, rows, packed_keys, columns, head_size, nullptr, scores,
                             columns);
      float inverse[tile_rows_max];
      for (size_t r = 0; r < rows; ++r)
        inverse[r] = softmax_row(scores + r * columns, length, columns, scale_log2e);
      float* to = out + row * hidden + head * head_size;
      linear<epilogue::none>(scores, columns, rows, packed_values, head_size, length, nullptr, to, hidden);
      for (size_t r = 0; r < rows; ++r)
        for (size_t d = 0; d < head_size; d += simd_width)
          store(to + r * hidden + d, load(to + r * hidden + d) * splat(inverse[r]));
      row += rows;
    }
  }
}

} // namespace weft::inline WEFT_ISA
