#pragma once

// Copies into shared memory that run beside the arithmetic. On the host
// tests/support/cuda_emulator.hpp says what these mean. compute_80 and later.

#include "runtime/compute/cuda/base/kernel_language.hpp"

#if defined(__CUDACC__)

namespace weft::cuda {

/// Begins to copy 16 bytes from global to shared memory, past the L1 cache; zeros where the copy is not valid, `from`
/// is not read then. Both are multiples of 16. Part of the group that close_copies() ends.
__device__ __forceinline__ void begin_copy_16(void* to, const void* from, bool valid = true) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(to))), "l"(from), "r"(valid ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void close_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Waits until at most so many of this thread's groups are open; other threads see the bytes after a barrier.
template <int groups_left> __device__ __forceinline__ void await_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(groups_left) : "memory");
}

} // namespace weft::cuda

#endif
