#pragma once

#include "runtime/compute/cuda/points/integer_root.cuh"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// The length of each point in 1/256, rounded down: floor(√(65 536 · sum of squares)). One warp a point. CPU twin:
/// integer_root(sum_of_squares() << 16) in runtime/points/leaders.
__global__ void lengths_kernel(lengths_arguments a) {
  const uint32_t point = blockIdx.x * lengths_warps + threadIdx.x / warp_size, lane = threadIdx.x % warp_size;
  if (point >= a.count)
    return; // the whole warp, and no barrier follows
  const auto* const words = reinterpret_cast<const int*>(a.points + static_cast<size_t>(point) * a.stride);
  int squares = 0; // at most 4 096 · 2^14
  for (uint32_t word = lane; word < a.stride / 4; word += warp_size)
    squares = __dp4a(words[word], words[word], squares);
  for (int bits = 16; bits > 0; bits /= 2)
    squares += __shfl_xor_sync(whole_warp, squares, bits);
  if (lane == 0)
    a.lengths[point] = static_cast<uint32_t>(root_of(static_cast<unsigned long long>(squares) << 16));
}

} // namespace weft::cuda
