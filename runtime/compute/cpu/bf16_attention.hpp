#pragma once

#include "runtime/compute/cpu/attention.hpp"
#include "runtime/compute/cpu/bf16_linear.hpp"

namespace weft::inline WEFT_ISA {

/// 16 rows of 16 pairs of bf16 become 16 columns: from [16 keys, 16 pairs] (rows `stride` values apart) to
/// [16 pairs, 16 keys]. Rows from `rows` on count as 0.
WEFT_INLINE void transpose_pairs(const uint16_t* from, size_t stride, size_t rows, uint16_t* to) {
  using vpairs = int32_t __attribute__((vector_size(64)));
  // Interleaving row r with row r + 8, four times over, transposes.
  vpairs a[16] = {};
  for (size_t r = 0; r < rows; ++r)
    std::memcpy(&a[r], from + r * stride, sizeof a[r]);
#pragma GCC unroll 4
  for (int round = 0; round < 4; ++round) {
    vpairs b[16];
#pragma GCC unroll 8
    for (size_t r = 0; r < 8; ++r) {
      b[2 * r] = __builtin_shufflevector(a[r], a[r + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      b[2 * r + 1] =
          __builtin_shufflevector(a[r], a[r + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < 16; ++r)
      a[r] = b[r];
  }
  std::memcpy(to, a, sizeof a);
}

/// Two rows of 32 bf16 interleaved, as two tile rows: of the first 16 columns at `to`, of the others at `to_other`.
WEFT_INLINE void interleave_rows(const uint16_t* even, const uint16_t* odd, uint16_t* to, uint16_t* to_other) {
  using vvalues = uint16_t __attribute__((vector_size(64)));
  vvalues a = {}, b = {}; // a missing row is 0
  if (even)
    std::memcpy(&a, even, sizeof a);
  if (odd)
    std::memcpy(&b, odd, sizeof b);
  const vvalues first = __builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9,
                                                41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47);
  const vvalues second = __builtin_shufflevector(a, b, 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55,
                                                 24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63);
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to_other, &second, sizeof second);
}

/// e = exp(scale·(s − max s)) over one row of scores, as bf16; those beyond `length` become 0. Returns 1 / Σ e.
WEFT_INLINE float softmax_row_bf16(float* scores, size_t length, size_t columns, float scale_log2e, uint16_t* e) {
  for (size_t i = length; i < columns; ++i)
    scores[i] = -std::numeric_limits<float>::infinity();
  vfloat top = weft::load(scores);
  for (size_t i = simd_width; i < columns; i += simd_width)
    top = larger(top, weft::load(scores + i));
  const vfloat scale = splat(scale_log2e);
  const vfloat offset = splat(-largest_of(top) * scale_log2e);
  vfloat sum = {};
  for (size_t i = 0; i < columns; i += simd_width) {
    // −∞ becomes 2^-126, which is nothing beside the largest e, 1; its bf16 is set to 0 below.
    const vfloat v = rough_exp2(multiply_add(weft::load(scores + i), scale, offset));
    store_bf16(e + i, v);
    sum += v;
  }
  for (size_t i = length; i < columns; ++i)
    e[i] = 0;
  return 1.0f / sum_of(sum);
}

/// Where the parts of the scratch memory are.
struct bf16_attention_parts {
  uint16_t* keys;   ///< [padded / 16, 16, 16, 2]
  uint16_t* values; ///< [padded / 32, 2, 16, 16, 2]
  float* scores;    ///< [32, padded]
  float* sums;      ///< [32, 32]
  uint16_t* shares; ///< [32, padded]

  bf16_attention_parts(void* scratch, size_t padded)
      : keys(static_cast<uint16_t*>(scratch)), values(keys + padded * head_size),
        scores(reinterpret_cast<float*>(values + padded * head_size)), sums(scores + bf16_block * padded),
        shares(reinterpret_cast<uint16_t*>(sums + bf16_block_values)) {}
};

inline void pack_keys_values_bf16(const uint16_t* keys, const uint16_t* values, size_t stride, size_t length,
                                  const bf16_attention_parts& parts) {
  const size_t padded = bf16_rows(length);
  for (size_t s = 0; s < padded; s += 16)
    transpose_pairs(keys + s * stride, stride, length > s ? std::min<size_t>(16, length - s) : 0,
                    parts.keys + s * head_size);
  for (size_t s = 0; s < padded; s += 2) {
    uint16_t* to = parts.values + s / 32 * 1024 + s % 32 / 2 * 32;
    interleave_rows(s < length ? values + s * stride : nullptr, s + 1 < length ? values + (s + 1) * stride : nullptr,
                    to, to + 512);
  }
}

/// Rows 0…31 (or 15) of queries of one head against all its keys and values; `rows` of the results are stored.
template <bool full, class Tiles>
WEFT_INLINE void attend_block(Tiles& tiles, const uint16_t* queries, size_t stride, size_t rows, size_t length,
                              const bf16_attention_parts& parts, uint16_t* out, size_t out_stride) {
  const size_t padded = bf16_rows(length);
  tiles.template load<4>(queries, stride * sizeof *queries);
  if constexpr (full)
    tiles.template load<5>(queries + 16 * stride, stride * sizeof *queries);
  for (size_t column = 0; column < padded; column += bf16_block) {
    zero_block(tiles);
    tiles.template load<6>(parts.keys + column * head_size, 64);
    tiles.template load<7>(parts.keys + (column + 16) * head_size, 64);
    tiles.template dot<0, 4, 6>();
    tiles.template dot<1, 4, 7>();
    if constexpr (full) {
      tiles.template dot<2, 5, 6>();
      tiles.template dot<3, 5, 7>();
    }
    store_block(tiles, parts.scores + column, padded, full);
  }
  const float scale_log2e = 1.4426950408889634f / std::sqrt(static_cast<float>(head_size));
  float inverse[bf16_block];
  for (size_t r = 0; r < rows; ++r)
    inverse[r] = softmax_row_bf16(parts.scores + r * padded, length, padded, scale_log2e, parts.shares + r * padded);
  zero_block(tiles);
  bf16_block_sums<full>(tiles, parts.shares, padded, parts.values, padded, [] {});
  store_block(tiles, parts.sums, bf16_block, full);
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < head_size; i += simd_width)
      store_bf16(out + r * out_stride + i, weft::load(parts.sums + r * bf16_block + i) * splat(inverse[r]));
}

/// See bf16_kernels::attention.
template <class Tiles>
void bf16_attention(const uint16_t* qkv, size_t length, size_t heads, uint16_t* out, void* scratch) {
  Tiles tiles;
  const size_t hidden = heads * head_size;
  const size_t stride = 3 * hidden;
  const bf16_attention_parts parts(scratch, bf16_rows(length));
  for (size_t head = 0; head < heads; ++head) {
    const uint16_t* queries = qkv + head * head_size;
    pack_keys_values_bf16(queries + hidden, queries + 2 * hidden, stride, length, parts);
    for (size_t row = 0; row < length; row += bf16_block) {
      const size_t rows = std::min(bf16_block, length - row);
      uint16_t* to = out + row * hidden + head * head_size;
      if (rows > 16)
        attend_block<true>(tiles, queries + row * stride, stride, rows, length, parts, to, hidden);
      else
        attend_block<false>(tiles, queries + row * stride, stride, rows, length, parts, to, hidden);
    }
  }
}

} // namespace weft::inline WEFT_ISA
