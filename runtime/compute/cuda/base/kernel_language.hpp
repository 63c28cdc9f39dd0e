#pragma once

/// The words of CUDA that our kernels use. Kernels are templates in .cuh files; two compilers read them:
/// - nvcc, for devices;
/// - the host's compiler, after tests/support/cuda_emulator.hpp (given with -include, so that it comes first). It runs
/// a
///   block's threads as fibers, so that the same code is compared with its CPU twin where there is no device.
///
/// What the emulator must define: WEFT_CUDA_EMULATED; __global__, __device__, __host__, __forceinline__, __shared__,
/// __launch_bounds__(...); threadIdx, blockIdx, blockDim, gridDim; __syncthreads(), __syncwarp(mask),
/// __shfl_sync(), __shfl_xor_sync() and __shfl_down_sync() of 32-bit types; atomicAdd();
/// weft::cuda::dynamic_shared_bytes(), the block's dynamic shared memory (16-byte aligned).
/// Inline assembly stands behind WEFT_CUDA_DEVICE_CODE, with its meaning in plain code beside it.
#if defined(__CUDACC__)
#include <cuda_runtime.h>
#if defined(__CUDA_ARCH__)
#define WEFT_CUDA_DEVICE_CODE 1
#endif
#elif !defined(WEFT_CUDA_EMULATED)
#error "kernels are compiled by nvcc, or by a host compiler with -include tests/support/cuda_emulator.hpp"
#endif

#include <cmath>
#include <cstdint>

/// Before a loop over registers: an index that is known only at run time would move them to memory.
#if defined(__CUDACC__)
#define WEFT_UNROLL _Pragma("unroll")
#else
#define WEFT_UNROLL
#endif

namespace weft::cuda {

inline constexpr uint32_t warp_size = 32;
inline constexpr uint32_t whole_warp = 0xFFFF'FFFFu;

#if defined(__CUDACC__)
/// The block's dynamic shared memory: as many bytes as the launch asked for.
__device__ __forceinline__ unsigned char* dynamic_shared_bytes() {
  extern __shared__ __align__(16) unsigned char weft_dynamic_shared[];
  return weft_dynamic_shared;
}
#endif

/// Sum over the 32 lanes of a warp, the same bits in every lane. All lanes call it.
__device__ __forceinline__ float warp_sum(float x) {
  for (uint32_t step = warp_size / 2; step > 0; step /= 2)
    x += __shfl_xor_sync(whole_warp, x, static_cast<int>(step));
  return x;
}

/// Largest value over the 32 lanes of a warp. All lanes call it.
__device__ __forceinline__ float warp_max(float x) {
  for (uint32_t step = warp_size / 2; step > 0; step /= 2)
    x = fmaxf(x, __shfl_xor_sync(whole_warp, x, static_cast<int>(step)));
  return x;
}

} // namespace weft::cuda
