#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Moves each point whose label changed from the sums of its old cluster to those of its new one, and counts them:
/// exact integers, so that the order of the additions does not matter. One warp a point, 32 neighbouring dimensions at
/// a time, which the second-level cache adds as a whole. CPU twin: the second half of assign() of
/// runtime/points/kmeans_steps.
__global__ void move_sums_kernel(move_arguments a) {
  const uint32_t lane = threadIdx.x % warp_size;
  uint32_t changed = 0;
  for (uint32_t point = blockIdx.x * move_warps + threadIdx.x / warp_size; point < a.count;
       point += gridDim.x * move_warps) {
    const uint32_t before = a.labels[point], now = a.nearest[point];
    if (before == now)
      continue;
    ++changed;
    __syncwarp();                                  // all lanes have read the old label
    const bool had_cluster = before != UINT32_MAX; // no_cluster
    if (lane == 0) {
      a.labels[point] = now;
      atomicAdd(a.counts + now, 1);
      if (had_cluster)
        atomicAdd(a.counts + before, -1);
    }
    const int8_t* const row = a.points + static_cast<size_t>(point) * a.stride;
    int32_t* const to = a.sums + static_cast<size_t>(now) * a.dimensions;
    int32_t* const from = a.sums + static_cast<size_t>(had_cluster ? before : now) * a.dimensions;
    for (uint32_t d = lane; d < a.dimensions; d += warp_size) {
      const int32_t value = row[d];
      if (value == 0)
        continue;
      atomicAdd(to + d, value);
      if (had_cluster)
        atomicAdd(from + d, -value);
    }
  }
  if (lane == 0 && changed > 0)
    atomicAdd(a.changed, static_cast<unsigned long long>(changed));
}

} // namespace weft::cuda
