#pragma once

#include "runtime/compute/cpu/activation.hpp"

#include <array>
#include <utility>

namespace weft::inline WEFT_ISA {

/// What a linear layer does with its sums before it stores them.
enum class epilogue : uint8_t {
  bias, ///< c = a·B + bias
  gelu, ///< c = gelu(a·B + bias)
  add,  ///< c += a·B
  none, ///< c = a·B
};

/// Columns of one panel: two vectors, so that a row of a tile needs one broadcast for two multiply-adds.
inline constexpr size_t panel_columns = 2 * simd_width;

/// Rows of the largest tile: as many sums as registers allow beside the panel's two vectors and the broadcast.
#if defined(__AVX512F__)
inline constexpr size_t tile_rows_max = 12;
#elif defined(__AVX2__)
inline constexpr size_t tile_rows_max = 6;
#else
inline constexpr size_t tile_rows_max = 4;
#endif

/// One tile of `rows` times panel_columns sums over k, in the order of k: so an element does not depend on the tile
/// that computes it. a: [rows, k] with row stride a_stride; panel: [k, panel_columns]; c: row stride c_stride.
template <size_t rows, epilogue what>
WEFT_INLINE void linear_tile(const float* a, size_t a_stride, const float* panel, size_t k, const float* bias, float* c,
                             size_t c_stride) {
  vfloat sums[rows][2] = {};
  for (size_t i = 0; i < k; ++i) {
    const vfloat left = load(panel + i * panel_columns);
    const vfloat right = load(panel + i * panel_columns + simd_width);
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; ++r) {
      const vfloat x = splat(a[r * a_stride + i]);
      sums[r][0] = multiply_add(x, left, sums[r][0]);
      sums[r][1] = multiply_add(x, right, sums[r][1]);
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; ++half) {
      float* to = c + r * c_stride + half * simd_width;
      vfloat v = sums[r][half];
      if constexpr (what == epilogue::bias || what == epilogue::gelu)
        v += load(bias + half * simd_width);
      if constexpr (what == epilogue::gelu)
        v = gelu(v);
      if constexpr (what == epilogue::add)
        v += load(to);
      store(to, v);
    }
}

using linear_tile_function = void (*)(const float*, size_t, const float*, size_t, const float*, float*, size_t);

template <epilogue what, size_t... row> constexpr auto linear_tiles(std::index_sequence<row...>) {
  return std::array<linear_tile_function, sizeof...(row)>{
      [](const float* a, size_t a_stride, const float* panel, size_t k, const float* bias, float* c, size_t c_stride) {
        linear_tile<row + 1, what>(a, a_stride, panel, k, bias, c, c_stride);
      }...};
}

/// Tile functions by number of rows − 1.
template <epilogue what>
inline constexpr auto linear_tile_table = linear_tiles<what>(std::make_index_sequence<tile_rows_max>{});

/// c [m, n] = a [m, k] times packed B, then the epilogue. packed: [n / panel_columns, k, panel_columns].
/// Rows are shared out evenly over tiles: 13 rows become 5 + 4 + 4, not 6 + 6 + 1.
template <epilogue what>
inline void linear(const float* a, size_t a_stride, size_t m, const float* packed, size_t n, size_t k,
                   const float* bias, float* c, size_t c_stride) {
  const size_t tiles = (m + tile_rows_max - 1) / tile_rows_max;
  for (size_t column = 0; column < n; column += panel_columns) {
    const float* panel = packed + column * k;
    size_t row = 0;
    for (size_t t = 0; t < tiles; ++t) {
      const size_t rows = (m - row) / (tiles - t);
      linear_tile_table<what>[rows - 1](a + row * a_stride, a_stride, panel, k, bias ? bias + column : nullptr,
                                        c + row * c_stride + column, c_stride);
      row += rows;
    }
  }
}

/// Weights [n, k] row-major with row stride `stride`, as a file has them, into panels [n / panel_columns, k,
/// panel_columns]. REQUIRES: n is a multiple of panel_columns.
inline void pack_linear(const float* weight, size_t stride, size_t n, size_t k, float* packed) {
  for (size_t column = 0; column < n; column += panel_columns)
    for (size_t i = 0; i < k; ++i)
      for (size_t j = 0; j < panel_columns; ++j)
        packed[column * k + i * panel_columns + j] = weight[(column + j) * stride + i];
}

} // namespace weft::inline WEFT_ISA
