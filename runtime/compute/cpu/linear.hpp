#pragma once

#include "runtime/compute/cpu/activation.hpp"

#include <array>
#include <utility>

namespace weft::inline WEFT_ISA {

/// What a linear layer does with its sums before it stores them.
enum class epilogue : uint8_t {
  none, ///< c = a·B
  bias, ///< c = a·B + bias
  gelu, ///< c = gelu(a·B + bias)
  add,  ///< c += a·B
};

/// Where sums begin: at zero, or at what c already holds.
enum class start : bool { at_zero, at_c };

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

/// Inputs that are multiplied in one go: a panel of them and a tile's rows fit the first-level cache together.
inline constexpr size_t inputs_block_max = 256;

/// One tile of `rows` times panel_columns sums over k, in the order of k: so an element does not depend on the tile or
/// the blocks of k that compute it. a: [rows, k] with row stride a_stride; panel: [k, panel_columns]; c: row stride
/// c_stride; bias: [panel_columns].
template <size_t rows, start from, epilogue what>
inline void linear_tile(const float* a, size_t a_stride, const float* panel, size_t k, const float* bias, float* c,
                        size_t c_stride) {
  vfloat sums[rows][2] = {};
  if constexpr (from == start::at_c)
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; ++r) {
      sums[r][0] = load(c + r * c_stride);
      sums[r][1] = load(c + r * c_stride + simd_width);
    }
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
      vfloat v = sums[r][half];
      if constexpr (what != epilogue::none)
        v += load(bias + half * simd_width);
      if constexpr (what == epilogue::gelu)
        v = gelu(v);
      store(c + r * c_stride + half * simd_width, v);
    }
}

using linear_tile_function = void (*)(const float*, size_t, const float*, size_t, const float*, float*, size_t);

template <start from, epilogue what, size_t... row> constexpr auto linear_tiles(std::index_sequence<row...>) {
  return std::array<linear_tile_function, sizeof...(row)>{linear_tile<row + 1, from, what>...};
}

/// Tile functions by number of rows − 1.
template <start from, epilogue what>
inline constexpr auto linear_tile_table = linear_tiles<from, what>(std::make_index_sequence<tile_rows_max>{});

/// One panel of columns for all rows. Rows are shared out evenly over tiles: 13 rows become 4 + 4 + 5, not 6 + 6 + 1.
template <start from, epilogue what>
inline void linear_panel(const float* a, size_t a_stride, size_t m, const float* panel, size_t k, const float* bias,
                         float* c, size_t c_stride) {
  const size_t tiles = (m + tile_rows_max - 1) / tile_rows_max;
  size_t row = 0;
  for (size_t t = 0; t < tiles; ++t) {
    const size_t rows = (m - row) / (tiles - t);
    linear_tile_table<from, what>[rows - 1](a + row * a_stride, a_stride, panel, k, bias, c + row * c_stride, c_stride);
    row += rows;
  }
}

/// c [m, n] = a [m, k] times packed B, then the epilogue. packed: [n / panel_columns, k, panel_columns].
template <epilogue then>
inline void linear(const float* a, size_t a_stride, size_t m, const float* packed, size_t n, size_t k,
                   const float* bias, float* c, size_t c_stride) {
  constexpr auto from = then == epilogue::add ? start::at_c : start::at_zero;
  constexpr auto what = then == epilogue::add ? epilogue::none : then;
  const size_t blocks = (k + inputs_block_max - 1) / inputs_block_max;
  for (size_t column = 0; column < n; column += panel_columns) {
    const float* panel = packed + column * k;
    const float* panel_bias = what == epilogue::none ? nullptr : bias + column;
    float* to = c + column;
    size_t i = 0;
    for (size_t block = 0; block + 1 < blocks; ++block) {
      const size_t inputs = (k - i) / (blocks - block);
      if (i == 0)
        linear_panel<from, epilogue::none>(a, a_stride, m, panel, inputs, nullptr, to, c_stride);
      else
        linear_panel<start::at_c, epilogue::none>(a + i, a_stride, m, panel + i * panel_columns, inputs, nullptr, to,
                                                  c_stride);
      i += inputs;
    }
    if (i == 0)
      linear_panel<from, what>(a, a_stride, m, panel, k, panel_bias, to, c_stride);
    else
      linear_panel<start::at_c, what>(a + i, a_stride, m, panel + i * panel_columns, k - i, panel_bias, to, c_stride);
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
