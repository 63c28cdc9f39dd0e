#pragma once

#include "runtime/compute/cpu/bf16_activation.hpp"
#include "runtime/compute/cpu/bf16_kernels.hpp"
#include "runtime/compute/cpu/bf16_value.hpp"
#include "runtime/compute/cpu/linear.hpp"

#include <algorithm>

namespace weft::inline WEFT_ISA {

/// A block of sums is 32 × 32: 2 × 2 tiles, so that four dot products share four tile loads.
inline constexpr size_t bf16_block = 32;

/// Values of one 32 × 32 weight block in its packed form.
inline constexpr size_t bf16_block_values = bf16_block * bf16_block;

/// See bf16_kernels::pack. Tile h of a block holds columns 16h…16h+15, pairs of rows side by side (VNNI layout).
inline void pack_bf16(const float* weight, size_t stride, size_t n, size_t k, uint16_t* panels) {
  for (size_t column = 0; column < n; column += bf16_block)
    for (size_t depth = 0; depth < k; depth += bf16_block)
      for (size_t half = 0; half < 2; ++half)
        for (size_t pair = 0; pair < 16; ++pair)
          for (size_t j = 0; j < 16; ++j)
            for (size_t i = 0; i < 2; ++i)
              *panels++ = to_bf16(weight[(column + half * 16 + j) * stride + depth + 2 * pair + i]);
}

/// The sums of one finished block on their way to memory. Its rows are worked off in pieces between the tile steps of
/// the next block, so that the vector units work while the tile unit does.
template <epilogue what> struct bf16_epilogue {
  const float* sums = nullptr; ///< [32, 32]
  const float* bias = nullptr; ///< of the block's first column
  uint16_t* to = nullptr;
  size_t stride = 0;
  size_t rows = 0;
  size_t done = 0;

  WEFT_INLINE void advance(size_t count) {
    const size_t last = std::min(rows, done + count);
    for (; done < last; ++done)
      for (size_t i = 0; i < bf16_block; i += simd_width) {
        vfloat v = weft::load(sums + done * bf16_block + i) + weft::load(bias + i);
        if constexpr (what == epilogue::gelu)
          v = rough_gelu(v);
        store_bf16(to + done * stride + i, v);
      }
  }
};

/// One block's dot products over k, after `between` each step. Rows 16…31 only where `full`.
template <bool full, class Tiles, class Between>
WEFT_INLINE void bf16_block_sums(Tiles& tiles, const uint16_t* a, size_t a_stride, const uint16_t* panel, size_t k,
                                 Between&& between) {
  const size_t stride = a_stride * sizeof *a;
  for (size_t depth = 0; depth < k; depth += bf16_block, panel += bf16_block_values) {
    tiles.template load<4>(a + depth, stride);
    tiles.template load<6>(panel, 64);
    tiles.template load<7>(panel + bf16_block_values / 2, 64);
    if constexpr (full)
      tiles.template load<5>(a + 16 * a_stride + depth, stride);
    tiles.template dot<0, 4, 6>();
    tiles.template dot<1, 4, 7>();
    if constexpr (full) {
      tiles.template dot<2, 5, 6>();
      tiles.template dot<3, 5, 7>();
    }
    between();
  }
}

/// Moves a block of sums between tiles 0…3 and fp32 memory.
template <class Tiles> WEFT_INLINE void load_block(Tiles& tiles, const float* from, size_t stride, bool full) {
  tiles.template load<0>(from, stride * sizeof *from);
  tiles.template load<1>(from + 16, stride * sizeof *from);
  if (!full)
    return;
  tiles.template load<2>(from + 16 * stride, stride * sizeof *from);
  tiles.template load<3>(from + 16 * stride + 16, stride * sizeof *from);
}

template <class Tiles> WEFT_INLINE void store_block(const Tiles& tiles, float* to, size_t stride, bool full) {
  tiles.template store<0>(to, stride * sizeof *to);
  tiles.template store<1>(to + 16, stride * sizeof *to);
  if (!full)
    return;
  tiles.template store<2>(to + 16 * stride, stride * sizeof *to);
  tiles.template store<3>(to + 16 * stride + 16, stride * sizeof *to);
}

template <class Tiles> WEFT_INLINE void zero_block(Tiles& tiles) {
  tiles.template zero<0>();
  tiles.template zero<1>();
  tiles.template zero<2>();
  tiles.template zero<3>();
}

/// c [m, n] = bf16 of epilogue(a·B + bias).
template <class Tiles, epilogue what> void bf16_linear(const bf16_product& p, uint16_t* c, size_t c_stride) {
  Tiles tiles;
  alignas(64) float sums[2][bf16_block_values];
  size_t current = 0;
  bf16_epilogue<what> before;
  const size_t rows_a_step = bf16_block * bf16_block / p.k + 1;
  const auto between = [&] { before.advance(rows_a_step); };
  for (size_t column = 0; column < p.n; column += bf16_block)
    for (size_t row = 0; row < p.m; row += bf16_block) {
      const uint16_t* a = p.a + row * p.a_stride;
      const bool full = p.m - row > 16;
      zero_block(tiles);
      if (full)
        bf16_block_sums<true>(tiles, a, p.a_stride, p.panels + column * p.k, p.k, between);
      else
        bf16_block_sums<false>(tiles, a, p.a_stride, p.panels + column * p.k, p.k, between);
      before.advance(bf16_block);
      store_block(tiles, sums[current], bf16_block, full);
      before = {.sums = sums[current],
                .bias = p.bias + column,
                .to = c + row * c_stride + column,
                .stride = c_stride,
                .rows = std::min(bf16_block, p.m - row)};
      current ^= 1;
    }
  before.advance(bf16_block);
}

/// c [m, n] += a·B. The tiles start from c, so there is nothing left for the vector units.
template <class Tiles> void bf16_linear_add(const bf16_product& p, float* c, size_t c_stride) {
  Tiles tiles;
  for (size_t column = 0; column < p.n; column += bf16_block)
    for (size_t row = 0; row < p.m; row += bf16_block) {
      const uint16_t* a = p.a + row * p.a_stride;
      const uint16_t* panel = p.panels + column * p.k;
      float* block = c + row * c_stride + column;
      const bool full = p.m - row > 16;
      load_block(tiles, block, c_stride, full);
      if (full)
        bf16_block_sums<true>(tiles, a, p.a_stride, panel, p.k, [] {});
      else
        bf16_block_sums<false>(tiles, a, p.a_stride, panel, p.k, [] {});
      store_block(tiles, block, c_stride, full);
    }
}

} // namespace weft::inline WEFT_ISA
