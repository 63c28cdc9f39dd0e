#pragma once

#include "runtime/compute/cuda/encoder/attention_cpu.hpp"
#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"
#include "runtime/compute/cuda/encoder/values.cuh"

#include <cfloat>

namespace weft::cuda {

inline constexpr uint32_t attention_fp32_warps = 8;

/// Keys of 32 values are 33 apart, so that the lanes' keys lie in 32 banks.
inline constexpr uint32_t key_stride_fp32 = head_size + 1;

/// Dynamic shared memory for sequences of up to `length` tokens: keys, values, one row of scores and one query a warp.
constexpr size_t attention_fp32_shared_bytes(uint32_t length) {
  return sizeof(float) * (static_cast<size_t>(length) * (key_stride_fp32 + head_size) +
                          attention_fp32_warps * (static_cast<size_t>(length) + head_size));
}

/// One warp, one query. keys: [length, key_stride_fp32], values: [length, head_size], scores: [length] of this warp.
__device__ __forceinline__ void attend_fp32(const float* query, const float* keys, const float* values, uint32_t length,
                                            float* scores, float* out) {
  const uint32_t lane = threadIdx.x % warp_size;
  float top = -FLT_MAX;
  for (uint32_t key = lane; key < length; key += warp_size) {
    float dot = 0;
    for (uint32_t d = 0; d < head_size; ++d)
      dot += query[d] * keys[key * key_stride_fp32 + d];
    scores[key] = dot;
    top = fmaxf(top, dot);
  }
  top = warp_max(top);
  constexpr float scale = 0.17677669529663689f; // 1 / sqrt(32)
  float sum = 0;
  for (uint32_t key = lane; key < length; key += warp_size) {
    scores[key] = expf((scores[key] - top) * scale);
    sum += scores[key];
  }
  sum = warp_sum(sum);
  __syncwarp(); // the other lanes' scores
  float value = 0;
  for (uint32_t key = 0; key < length; ++key)
    value += scores[key] * values[key * head_size + lane];
  out[lane] = value / sum;
  __syncwarp(); // before the next query's scores
}

/// softmax(Q·Kᵀ / √32)·V in fp32. A block takes one sequence and head at a time, every gridDim.x-th pair of them; keys
/// and values lie in shared memory once, the scores never leave it; one warp a query. qkv: [tokens, 3, heads, 32];
/// out: [tokens, heads, 32]. Dynamic shared memory: attention_fp32_shared_bytes(length of the longest sequence).
/// CPU twin: attention_cpu<float>().
static __global__ void __launch_bounds__(attention_fp32_warps* warp_size)
    attention_fp32_kernel(const float* qkv, sequence_list sequences, uint32_t heads, float* out) {
  const uint32_t warp = threadIdx.x / warp_size;
  const uint32_t lane = threadIdx.x % warp_size;
  const size_t hidden = static_cast<size_t>(heads) * head_size;
  for (uint32_t piece = blockIdx.x; piece < *sequences.count * heads; piece += gridDim.x) {
    const uint32_t begin = sequences.offsets[piece / heads];
    const uint32_t length = sequences.offsets[piece / heads + 1] - begin;
    const float* from = qkv + begin * 3 * hidden + piece % heads * head_size;
    auto* keys = reinterpret_cast<float*>(dynamic_shared_bytes());
    float* values = keys + length * key_stride_fp32;
    float* query = values + length * head_size + warp * (length + head_size);
    float* scores = query + head_size;
    __syncthreads(); // all are done with the piece before
    for (uint32_t i = threadIdx.x; i < length * head_size; i += blockDim.x) {
      const uint32_t row = i / head_size, d = i % head_size;
      keys[row * key_stride_fp32 + d] = from[row * 3 * hidden + hidden + d];
      values[i] = from[row * 3 * hidden + 2 * hidden + d];
    }
    __syncthreads();
    for (uint32_t row = warp; row < length; row += attention_fp32_warps) {
      query[lane] = from[row * 3 * hidden + lane];
      __syncwarp();
      attend_fp32(query, keys, values, length, scores, out + (begin + row) * hidden + piece % heads * head_size);
    }
  }
}

} // namespace weft::cuda
