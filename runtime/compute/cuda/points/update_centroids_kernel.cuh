#pragma once

#include "runtime/compute/cuda/points/block_sum.cuh"
#include "runtime/compute/cuda/points/integer_root.cuh"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Scales each cluster's sum to the radius, in integers; one block a cluster. The formula is update_centroids() of
/// runtime/points/kmeans_steps, its CPU twin. Done on the device because a million divisions of 64 bits and the way of
/// the sums to the host and back would take longer than the rest of an iteration.
__global__ void update_centroids_kernel(update_arguments a) {
  const uint32_t cluster = blockIdx.x;
  if (a.counts[cluster] <= 0)
    return; // keeps its centroid
  auto* const scratch = reinterpret_cast<unsigned long long*>(dynamic_shared_bytes());
  const int32_t* const sum = a.sums + static_cast<size_t>(cluster) * a.dimensions;
  const auto magnitude = [sum](uint32_t d) {
    return sum[d] < 0 ? 0u - static_cast<uint32_t>(sum[d]) : static_cast<uint32_t>(sum[d]);
  };
  unsigned long long largest = 0;
  for (uint32_t d = threadIdx.x; d < a.dimensions; d += blockDim.x)
    largest = larger_value{}(largest, magnitude(d));
  largest = combined_of_block(largest, scratch, larger_value{});
  if (largest == 0)
    return; // no direction: keeps its centroid
  const int shift = 25 - (64 - __clzll(static_cast<long long>(largest)));
  const auto shifted = [&](uint32_t d) -> unsigned long long {
    const unsigned long long value = magnitude(d);
    return shift >= 0 ? value << shift : value >> -shift;
  };
  unsigned long long squares = 0; // at most 4 096 · 2^50
  for (uint32_t d = threadIdx.x; d < a.dimensions; d += blockDim.x)
    squares += shifted(d) * shifted(d);
  squares = combined_of_block(squares, scratch, add_values{});
  const unsigned long long length = root_of(squares);
  int8_t* const centroid = a.centroids + static_cast<size_t>(cluster) * a.stride;
  for (uint32_t d = threadIdx.x; d < a.dimensions; d += blockDim.x) {
    const unsigned long long scaled = (shifted(d) * a.radius + 128 * length) / (256 * length);
    const int value = scaled < 127 ? static_cast<int>(scaled) : 127;
    centroid[d] = static_cast<int8_t>(sum[d] < 0 ? -value : value);
  }
}

} // namespace weft::cuda
