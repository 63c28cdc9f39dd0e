#pragma once

#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

namespace weft::cuda {

/// How many blocks of how many threads, with how much dynamic shared memory.
struct launch_shape {
  dim3 blocks;
  dim3 threads;
  size_t shared_bytes = 0;
};

/// Blocks for `items` at `per_block` each; at least one.
constexpr uint32_t blocks_for(size_t items, size_t per_block) noexcept {
  return static_cast<uint32_t>(std::max<size_t>(1, (items + per_block - 1) / per_block));
}

/// Starts a kernel and checks that it could be started. What fails while it runs shows where its stream is waited for.
/// Parameters are converted to the kernel's own types. Usable in host code too: needs no <<<>>>.
template <class... P, class... A>
status launch(const char* name, void (*kernel)(P...), const launch_shape& shape, cudaStream_t order, A&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = shape.blocks;
  config.blockDim = shape.threads;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = order;
  return checked(cudaLaunchKernelEx(&config, kernel, static_cast<P>(arguments)...), name);
}

/// Lets a kernel use more dynamic shared memory than the 48 KiB of every kernel. Once a kernel and device.
template <class... P> status allow_shared_bytes(const char* name, void (*kernel)(P...), size_t bytes) {
  return checked(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                      cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
                 name);
}

} // namespace weft::cuda
