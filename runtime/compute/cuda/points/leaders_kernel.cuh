#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Goes through the points in their order: one that is near to a kept one has the first such as its leader, any other
/// is kept. One block; 32 points at a time: a warp decides among them by the words that say which of them are near to
/// each other, then all threads look at what comes after these 32. CPU twin: find_duplicates() of
/// runtime/points/leaders.
__global__ void __launch_bounds__(leaders_threads) leaders_kernel(leaders_arguments a) {
  auto* const led = reinterpret_cast<uint32_t*>(dynamic_shared_bytes()); // [words]: one bit a point that has a leader
  uint32_t& kept = led[a.words];                                         // of the 32
  for (uint32_t word = threadIdx.x; word < a.words; word += leaders_threads)
    led[word] = 0;
  for (uint32_t point = threadIdx.x; point < a.points; point += leaders_threads)
    a.leaders[point] = no_leader;
  __syncthreads();
  for (uint32_t group = 0; group * 32 < a.points; ++group) {
    const uint32_t first = group * 32, count = min(a.points - first, 32u);
    const uint32_t* const rows = a.near + static_cast<size_t>(first) * a.words;
    if (threadIdx.x < warp_size) {
      const uint32_t mine = threadIdx.x < count ? rows[static_cast<size_t>(threadIdx.x) * a.words + group] : 0;
      uint32_t gone = led[group]; // the same in every lane
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t near = __shfl_sync(whole_warp, mine, static_cast<int>(i));
        if (gone >> i & 1)
          continue;
        if ((near & ~gone) >> threadIdx.x & 1)
          a.leaders[first + threadIdx.x] = first + i;
        gone |= near;
      }
      if (threadIdx.x == 0)
        kept = ~gone & (count == 32 ? 0xFFFF'FFFFu : (1u << count) - 1);
    }
    __syncthreads();
    const uint32_t left = kept;
    for (uint32_t word = group + 1 + threadIdx.x; word < a.words; word += leaders_threads) {
      uint32_t gone = led[word];
      uint32_t near[32]; // all are on their way before the first is looked at
      WEFT_UNROLL
      for (uint32_t i = 0; i < 32; ++i)
        near[i] = left >> i & 1 ? rows[static_cast<size_t>(i) * a.words + word] : 0;
      WEFT_UNROLL
      for (uint32_t i = 0; i < 32; ++i) {
        uint32_t fresh = near[i] & ~gone;
        gone |= fresh;
        for (; fresh != 0; fresh &= fresh - 1)
          a.leaders[word * 32 + static_cast<uint32_t>(__ffs(static_cast<int>(fresh))) - 1] = first + i;
      }
      led[word] = gone;
    }
    __syncthreads(); // the next group reads what was marked, and replaces `kept`
  }
}

} // namespace weft::cuda
