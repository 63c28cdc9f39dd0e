#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Adds up the squares of all values: 16 a thread and step, one addition to memory a warp. Exact. CPU twin:
/// sum_of_squares() of runtime/points/kmeans_steps.
__global__ void sum_squares_kernel(squares_arguments a) {
  struct alignas(16) words {
    int word[4];
  };
  const auto* const all = reinterpret_cast<const words*>(a.points);
  const uint64_t threads = uint64_t{gridDim.x} * squares_threads;
  unsigned long long sum = 0;
  for (uint64_t i = uint64_t{blockIdx.x} * squares_threads + threadIdx.x; i < a.bytes / 16; i += threads) {
    const words mine = all[i];
    int squares = 0; // at most 16 · 2^14
    WEFT_UNROLL
    for (int word = 0; word < 4; ++word)
      squares = __dp4a(mine.word[word], mine.word[word], squares);
    sum += static_cast<unsigned long long>(squares);
  }
  for (int bits = 16; bits > 0; bits /= 2)
    sum += __shfl_xor_sync(whole_warp, sum, bits);
  if (threadIdx.x % warp_size == 0 && sum > 0)
    atomicAdd(a.sum, sum);
}

} // namespace weft::cuda
