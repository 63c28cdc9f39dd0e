#pragma once

#include "runtime/compute/cpu/int16_kernels.hpp"
#include "runtime/compute/cpu/int16_quantize.hpp"
#include "runtime/compute/cpu/int16_simd.hpp"
#include "runtime/compute/cpu/linear.hpp"

namespace weft::inline WEFT_ISA {

/// Each row in fixed point with its own scale: x[r, i] ≈ q[r, i] · scales[r], |q| ≤ int16_activation_max.
/// x, q: [rows, k]. REQUIRES: k is a multiple of simd_width; x is finite.
inline void quantize_rows(const float* x, size_t rows, size_t k, int16_t* q, float* scales) {
  for (size_t r = 0; r < rows; ++r) {
    const float* row = x + r * k;
    vfloat top = {};
    for (size_t i = 0; i < k; i += simd_width)
      top = larger(top, magnitude(load(row + i)));
    const float largest = largest_of(top);
    // Below this the factor would be infinite; such a row is 0 for every purpose.
    const bool zero = !(largest > 1e-30f);
    const vfloat factor = splat(zero ? 0.0f : static_cast<float>(int16_activation_max) / largest);
    scales[r] = zero ? 0.0f : largest / static_cast<float>(int16_activation_max);
    for (size_t i = 0; i < k; i += simd_width) {
      const vshort_half v = round_to_int16(load(row + i) * factor);
      std::memcpy(q + r * k + i, &v, sizeof v);
    }
  }
}

/// Quantised weights [n, k] (one output column after the other) into panels [n / panel_columns, k / 2, panel_columns,
/// 2]: the pairs of a vector lie side by side.
inline void pack_int16(const int16_t* q, size_t n, size_t k, int16_t* panels) {
  for (size_t column = 0; column < n; column += panel_columns)
    for (size_t i = 0; i < k; i += 2)
      for (size_t j = 0; j < panel_columns; ++j)
        for (size_t half = 0; half < 2; ++half)
          *panels++ = q[(column + j) * k + i + half];
}

/// GELU over a tile that was just stored. Apart from the sums, and behind a barrier for the compiler: otherwise the
/// polynomial's constants take registers from the sums all through the product.
WEFT_INLINE void gelu_tile(float* c, size_t c_stride, size_t rows) {
  asm volatile("" ::: "memory");
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < panel_columns; i += simd_width)
      store(c + r * c_stride + i, gelu(load(c + r * c_stride + i)));
}

/// One tile: `rows` rows times panel_columns columns. The sums are exact integers, so neither the tile's shape nor the
/// instruction set shows in them.
template <size_t rows, epilogue what> WEFT_INLINE void int16_tile(const int16_product& p, size_t row, size_t column) {
  vint sums[rows][2] = {};
  const int16_t* a = p.a + row * p.k;
  const int16_t* panel = p.panels + column * p.k;
#pragma GCC unroll 4
  for (size_t i = 0; i < p.k; i += 2) {
    const vshort left = load_pairs(panel + i * panel_columns);
    const vshort right = load_pairs(panel + i * panel_columns + 2 * simd_width);
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; ++r) {
      const vshort pair = splat_pair(a + r * p.k + i);
      sums[r][0] = multiply_add_pairs(pair, left, sums[r][0]);
      sums[r][1] = multiply_add_pairs(pair, right, sums[r][1]);
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < rows; ++r) {
    const vfloat scale = splat(p.row_scales[row + r]);
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; ++half) {
      const size_t at = column + half * simd_width;
      float* to = p.c + (row + r) * p.c_stride + at;
      const vfloat start = what == epilogue::add ? load(to) : load(p.bias + at);
      store(to, multiply_add(to_float(sums[r][half]) * load(p.column_scales + at), scale, start));
    }
  }
  if constexpr (what == epilogue::gelu)
    gelu_tile(p.c + row * p.c_stride + column, p.c_stride, rows);
}

using int16_tile_function = void (*)(const int16_product&, size_t row, size_t column);

template <epilogue what, size_t... row> constexpr auto int16_tiles(std::index_sequence<row...>) {
  return std::array<int16_tile_function, sizeof...(row)>{
      [](const int16_product& p, size_t first, size_t column) { int16_tile<row + 1, what>(p, first, column); }...};
}

/// Tile functions by number of rows − 1.
template <epilogue what>
inline constexpr auto int16_tile_table = int16_tiles<what>(std::make_index_sequence<tile_rows_max>{});

/// The whole product, panel by panel: a panel stays in the first-level cache for all rows.
template <epilogue what> inline void int16_linear(const int16_product& p) {
  const size_t tiles = (p.m + tile_rows_max - 1) / tile_rows_max;
  for (size_t column = 0; column < p.n; column += panel_columns) {
    size_t row = 0;
    for (size_t t = 0; t < tiles; ++t) {
      const size_t rows = (p.m - row) / (tiles - t);
      int16_tile_table<what>[rows - 1](p, row, column);
      row += rows;
    }
  }
}

/// Collects the kernels of the set that the including file is compiled for.
constexpr int16_kernels make_int16_kernels(std::string_view name) {
  return {.name = name,
          .panel_columns = panel_columns,
          .pack = pack_int16,
          .quantize_rows = quantize_rows,
          .linear_bias = int16_linear<epilogue::bias>,
          .linear_gelu = int16_linear<epilogue::gelu>,
          .linear_add = int16_linear<epilogue::add>};
}

} // namespace weft::inline WEFT_ISA
