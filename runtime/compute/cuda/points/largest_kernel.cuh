#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// The largest finite magnitude of all values. Magnitudes of floats are ordered as their bits are. CPU twin: the first
/// half of scale_of() of runtime/points/quantize.
__global__ void largest_kernel(largest_arguments a) {
  const uint64_t threads = uint64_t{gridDim.x} * largest_threads;
  uint32_t largest = 0;
  for (uint64_t i = uint64_t{blockIdx.x} * largest_threads + threadIdx.x; i < a.count; i += threads) {
    const uint32_t magnitude = __float_as_uint(a.values[i]) & 0x7FFF'FFFF;
    if (magnitude < 0x7F80'0000 && magnitude > largest)
      largest = magnitude;
  }
  for (int bits = 16; bits > 0; bits /= 2)
    largest = max(largest, __shfl_xor_sync(whole_warp, largest, bits));
  if (threadIdx.x % warp_size == 0 && largest > 0)
    atomicMax(a.largest, largest);
}

} // namespace weft::cuda
