#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"

namespace weft::cuda {

/// One value of each thread → their sum, or their largest, in every thread. `scratch`: [warps of the block + 1] in
/// shared memory. All threads of the block call it; a barrier separates two calls, the caller's other use of `scratch`
/// is its own care.
template <class Combine>
__device__ __forceinline__ unsigned long long combined_of_block(unsigned long long value, unsigned long long* scratch,
                                                                Combine combine) {
  for (uint32_t bits = warp_size / 2; bits > 0; bits /= 2)
    value = combine(value, __shfl_xor_sync(whole_warp, value, static_cast<int>(bits)));
  __syncthreads(); // whoever still reads the last result
  if (threadIdx.x % warp_size == 0)
    scratch[threadIdx.x / warp_size] = value;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (uint32_t warp = 1; warp < blockDim.x / warp_size; ++warp)
      value = combine(value, scratch[warp]);
    scratch[blockDim.x / warp_size] = value;
  }
  __syncthreads();
  return scratch[blockDim.x / warp_size];
}

struct add_values {
  __device__ __forceinline__ unsigned long long operator()(unsigned long long a, unsigned long long b) const {
    return a + b;
  }
};
struct larger_value {
  __device__ __forceinline__ unsigned long long operator()(unsigned long long a, unsigned long long b) const {
    return a > b ? a : b;
  }
};

} // namespace weft::cuda
