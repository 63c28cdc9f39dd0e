#pragma once

#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"
#include "runtime/compute/cuda/encoder/values.cuh"

#include <cmath>

namespace weft::cuda {

inline constexpr uint32_t pooling_threads_max = 512;

/// Threads of a block: one a pair of values.
constexpr uint32_t pooling_threads(uint32_t hidden) {
  return (hidden / 2 + warp_size - 1) / warp_size * warp_size;
}

/// Mean over each sequence's tokens, then L2 norm where asked. A block takes every gridDim.x-th sequence, each thread
/// one pair of columns, tokens in order. x: [tokens, hidden]; out: [count, hidden], fp32.
/// REQUIRES: blockDim.x = pooling_threads(hidden) ≤ pooling_threads_max. CPU twin: pool_cpu().
template <class T>
__global__ void __launch_bounds__(pooling_threads_max)
    pool_kernel(const T* x, sequence_list sequences, uint32_t hidden, float* out) {
  __shared__ float sums[pooling_threads_max / warp_size];
  const uint32_t column = 2 * threadIdx.x;
  const bool inside = column < hidden;
  for (uint32_t s = blockIdx.x; s < *sequences.count; s += gridDim.x) {
    const uint32_t begin = sequences.offsets[s];
    const uint32_t end = sequences.offsets[s + 1];
    float_pair mean{0, 0};
    if (inside) {
      for (uint32_t t = begin; t < end; ++t) {
        const auto value = load_pair(x + static_cast<size_t>(t) * hidden + column);
        mean.low += value.low;
        mean.high += value.high;
      }
      const float share = 1.0f / static_cast<float>(end - begin);
      mean = {mean.low * share, mean.high * share};
    }
    float scale = 1;
    if (sequences.normalize[s]) { // the same for all threads of the block
      const float squares = warp_sum(mean.low * mean.low + mean.high * mean.high);
      if (threadIdx.x % warp_size == 0)
        sums[threadIdx.x / warp_size] = squares;
      __syncthreads();
      float all = 0;
      for (uint32_t w = 0; w < blockDim.x / warp_size; ++w)
        all += sums[w];
      scale = 1.0f / fmaxf(sqrtf(all), 1e-12f); // the floor keeps a row of zeros zero
      __syncthreads();                          // before the next sequence's sums
    }
    if (inside)
      store_pair(out + static_cast<size_t>(s) * hidden + column, {mean.low * scale, mean.high * scale});
  }
}

template <class T> void pool_cpu(const T* x, const sequence_list& sequences, uint32_t hidden, float* out) {
  for (size_t s = 0; s < *sequences.count; ++s) {
    const uint32_t begin = sequences.offsets[s];
    const uint32_t end = sequences.offsets[s + 1];
    float squares = 0;
    for (size_t c = 0; c < hidden; ++c) {
      float sum = 0;
      for (size_t t = begin; t < end; ++t)
        sum += widen(x[t * hidden + c]);
      const float mean = sum / static_cast<float>(end - begin);
      out[s * hidden + c] = mean;
      squares += mean * mean;
    }
    if (sequences.normalize[s])
      for (size_t c = 0; c < hidden; ++c)
        out[s * hidden + c] /= std::fmax(std::sqrt(squares), 1e-12f);
  }
}

} // namespace weft::cuda
