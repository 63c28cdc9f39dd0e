#pragma once

#include "runtime/compute/cuda/device/async_copy.cuh"
#include "runtime/compute/cuda/device/tensor_core.cuh"
#include "runtime/compute/cuda/encoder/attention_cpu.hpp"
#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"
#include "runtime/compute/cuda/encoder/values.cuh"

#include <cfloat>

namespace weft::cuda {

inline constexpr uint32_t attention_half_warps = 4;
inline constexpr uint32_t query_rows = 16; ///< of one tile: what a tensor core takes
inline constexpr uint32_t key_block = 32;  ///< keys between two corrections of the softmax

/// Rows of 32 values are 40 apart: 80 bytes, so that eight rows of 16 bytes lie in 32 banks.
inline constexpr uint32_t key_stride_half = head_size + 8;

__host__ __device__ constexpr uint32_t whole_key_blocks(uint32_t length) {
  return (length + key_block - 1) / key_block * key_block;
}

/// Dynamic shared memory for sequences of up to `length` tokens: keys and values.
constexpr size_t attention_half_shared_bytes(uint32_t length) {
  return 2 * sizeof(half_value) * static_cast<size_t>(whole_key_blocks(length)) * key_stride_half;
}

__device__ __forceinline__ void multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], half_value) {
  mma_half(sums, a, b);
}
__device__ __forceinline__ void multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                         bfloat_value) {
  mma_bfloat16(sums, a, b);
}

/// What a warp keeps of 16 queries while it goes over the keys. Lane (g, t) = (lane / 4, lane % 4) has rows g and
/// g + 8, as mma.m16n8k16 lays sums out.
struct query_tile {
  uint32_t queries[2][4]; ///< dimensions 0–15 and 16–31
  float out[4][4] = {};   ///< of 8 dimensions each, not yet divided by the sum
  float top[2] = {-FLT_MAX, -FLT_MAX};
  float sum[2] = {0, 0}; ///< of this lane's columns only
};

/// Queries row … row + 15 straight from memory; rows from `length` on are zero. from: the head's first query.
template <class T>
__device__ __forceinline__ void load_queries(query_tile& tile, const T* from, size_t stride, uint32_t row,
                                             uint32_t length) {
  const uint32_t lane = threadIdx.x % warp_size;
  WEFT_UNROLL
  for (uint32_t r = 0; r < 4; ++r) {
    const uint32_t at = row + lane / 4 + r % 2 * 8;
    WEFT_UNROLL
    for (uint32_t half = 0; half < 2; ++half)
      tile.queries[half][r] =
          at < length ? load_word<uint32_t>(from + at * stride + half * 16 + r / 2 * 8 + lane % 4 * 2) : 0;
  }
}

/// Scores of the tile's queries with keys first … first + 31; those beyond `length` count nothing.
template <class T>
__device__ __forceinline__ void score_keys(const query_tile& tile, const T* keys, uint32_t first, uint32_t length,
                                           float (&scores)[4][4]) {
  const uint32_t lane = threadIdx.x % warp_size;
  WEFT_UNROLL
  for (uint32_t n = 0; n < 4; ++n) {
    uint32_t key[4]; // 8 keys, dimensions in four matrices of 8
    load_matrices(key, keys + (first + n * 8 + lane % 8) * key_stride_half + lane / 8 * 8);
    const uint32_t low[2] = {key[0], key[1]}, high[2] = {key[2], key[3]};
    WEFT_UNROLL
    for (uint32_t i = 0; i < 4; ++i)
      scores[n][i] = 0;
    multiply(scores[n], tile.queries[0], low, T{});
    multiply(scores[n], tile.queries[1], high, T{});
    WEFT_UNROLL
    for (uint32_t i = 0; i < 4; ++i)
      if (first + n * 8 + lane % 4 * 2 + i % 2 >= length)
        scores[n][i] = -FLT_MAX;
  }
}

/// Scores become weights relative to the largest seen so far; what was summed up before is corrected to it (the running
/// softmax of Milakov and Gimelshein, 2018).
__device__ __forceinline__ void weigh(query_tile& tile, float (&scores)[4][4]) {
  constexpr float scale = 0.17677669529663689f * 1.4426950408889634f; // log2 e / sqrt(32)
  WEFT_UNROLL
  for (uint32_t row = 0; row < 2; ++row) {
    float top = tile.top[row];
    WEFT_UNROLL
    for (uint32_t n = 0; n < 4; ++n)
      top = fmaxf(top, fmaxf(scores[n][2 * row], scores[n][2 * row + 1]));
    top = fmaxf(top, __shfl_xor_sync(whole_warp, top, 1)); // the four lanes of a row
    top = fmaxf(top, __shfl_xor_sync(whole_warp, top, 2));
    const float correction = exp2f((tile.top[row] - top) * scale);
    tile.top[row] = top;
    tile.sum[row] *= correction;
    WEFT_UNROLL
    for (uint32_t n = 0; n < 4; ++n)
      WEFT_UNROLL
    for (uint32_t i = 2 * row; i < 2 * row + 2; ++i) {
      tile.out[n][i] *= correction;
      scores[n][i] = exp2f((scores[n][i] - top) * scale);
      tile.sum[row] += scores[n][i];
    }
  }
}

/// out += weights · values of keys first … first + 31.
template <class T>
__device__ __forceinline__ void add_values(query_tile& tile, const T* values, uint32_t first,
                                           const float (&weights)[4][4]) {
  const uint32_t lane = threadIdx.x % warp_size;
  WEFT_UNROLL
  for (uint32_t half = 0; half < 2; ++half) { // 16 keys each
    const auto& near = weights[2 * half];
    const auto& far = weights[2 * half + 1];
    const uint32_t a[4] = {packed<T>(near[0], near[1]), packed<T>(near[2], near[3]), packed<T>(far[0], far[1]),
                           packed<T>(far[2], far[3])};
    WEFT_UNROLL
    for (uint32_t side = 0; side < 2; ++side) { // 16 dimensions each
      uint32_t value[4];                        // matrices: keys 0–7 and 8–15 of 8 dimensions, then of the next 8
      load_matrices_transposed(value,
                               values + (first + half * 16 + lane % 16) * key_stride_half + side * 16 + lane / 16 * 8);
      const uint32_t left[2] = {value[0], value[1]}, right[2] = {value[2], value[3]};
      multiply(tile.out[2 * side], a, left, T{});
      multiply(tile.out[2 * side + 1], a, right, T{});
    }
  }
}

/// Divides by the sums and stores the rows that exist. to: the head's first row of the output.
template <class T>
__device__ __forceinline__ void store_tile(query_tile& tile, T* to, size_t stride, uint32_t row, uint32_t length) {
  const uint32_t lane = threadIdx.x % warp_size;
  WEFT_UNROLL
  for (uint32_t r = 0; r < 2; ++r) {
    float sum = tile.sum[r];
    sum += __shfl_xor_sync(whole_warp, sum, 1);
    sum += __shfl_xor_sync(whole_warp, sum, 2);
    const float share = 1.0f / sum;
    const uint32_t at = row + lane / 4 + r * 8;
    if (at < length)
      WEFT_UNROLL
    for (uint32_t n = 0; n < 4; ++n)
      store_pair(to + at * stride + n * 8 + lane % 4 * 2, {tile.out[n][2 * r] * share, tile.out[n][2 * r + 1] * share});
  }
}

/// softmax(Q·Kᵀ / √32)·V on tensor cores, sums in fp32, weights rounded to T. A block takes one sequence and head at a
/// time, every gridDim.x-th pair of them; keys and values lie in shared memory once, a warp takes every fourth tile of
/// 16 queries over all keys; the scores never leave the registers. qkv: [tokens, 3, heads, 32], aligned to 16 bytes;
/// out: [tokens, heads, 32]. Dynamic shared memory: attention_half_shared_bytes(length of the longest sequence).
/// CPU twin: attention_cpu<float>().
template <class T>
__global__ void __launch_bounds__(attention_half_warps* warp_size)
    attention_half_kernel(const T* qkv, sequence_list sequences, uint32_t heads, T* out) {
  const size_t hidden = static_cast<size_t>(heads) * head_size;
  const size_t stride = 3 * hidden;
  for (uint32_t piece = blockIdx.x; piece < *sequences.count * heads; piece += gridDim.x) {
    const uint32_t begin = sequences.offsets[piece / heads];
    const uint32_t length = sequences.offsets[piece / heads + 1] - begin;
    const uint32_t keys_all = whole_key_blocks(length);
    const T* from = qkv + begin * stride + piece % heads * head_size;
    auto* keys = reinterpret_cast<T*>(dynamic_shared_bytes());
    T* values = keys + keys_all * key_stride_half;
    __syncthreads(); // all are done with the piece before
    for (uint32_t i = threadIdx.x; i < keys_all * 4; i += blockDim.x) {
      const uint32_t row = i / 4, at = i % 4 * 8;
      const bool valid = row < length; // the rest is zero: weights of zero times anything finite
      const T* source = from + (valid ? row : 0) * stride + at;
      begin_copy_16(keys + row * key_stride_half + at, source + hidden, valid);
      begin_copy_16(values + row * key_stride_half + at, source + 2 * hidden, valid);
    }
    close_copies();
    await_copies<0>();
    __syncthreads();
    for (uint32_t row = threadIdx.x / warp_size * query_rows; row < length; row += attention_half_warps * query_rows) {
      query_tile tile;
      load_queries(tile, from, stride, row, length);
      for (uint32_t first = 0; first < keys_all; first += key_block) {
        float scores[4][4];
        score_keys(tile, keys, first, length, scores);
        weigh(tile, scores);
        add_values(tile, values, first, scores);
      }
      store_tile(tile, out + begin * hidden + piece % heads * head_size, hidden, row, length);
    }
  }
}

} // namespace weft::cuda
