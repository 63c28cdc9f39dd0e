#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Sorts keys[0, size), the largest first: bitonic (Batcher, 1968). size: a power of two up to top_keys. All threads of
/// the block call it.
__device__ __forceinline__ void sort_keys(uint64_t* keys, uint32_t size) {
  for (uint32_t run = 2; run <= size; run *= 2)
    for (uint32_t step = run / 2; step > 0; step /= 2) {
      for (uint32_t i = threadIdx.x; i < size / 2; i += top_threads) {
        const uint32_t low = i / step * step * 2 + i % step, high = low + step;
        const bool descending = (low & run) == 0;
        const uint64_t a = keys[low], b = keys[high];
        if ((a < b) == descending) {
          keys[low] = b;
          keys[high] = a;
        }
      }
      __syncthreads();
    }
}

/// The largest products of each row, of equal ones those of the lower columns. One block a row: it gathers keys above
/// the least that is still wanted, and where they fill up, sorts them and keeps the best. After the first thousands of
/// columns hardly any is gathered. CPU twin: run_nearest() in runtime/points/nearest.
__global__ void __launch_bounds__(top_threads) select_top_kernel(top_arguments a) {
  constexpr uint32_t step_columns = top_keys / 2; // fit behind as many that are kept
  static_assert(top_count_max <= top_keys / 2);
  auto* const keys = reinterpret_cast<uint64_t*>(dynamic_shared_bytes());  // [top_keys]
  uint64_t& least = keys[top_keys];                                        // wanted are larger ones
  auto* const gathered = reinterpret_cast<uint32_t*>(keys + top_keys + 1); // so many
  uint64_t* const best = a.best + static_cast<size_t>(blockIdx.x) * a.count;
  const int32_t* const row = a.products + static_cast<size_t>(blockIdx.x) * a.columns;
  for (uint32_t i = threadIdx.x; i < a.count; i += top_threads)
    keys[i] = best[i];
  if (threadIdx.x == 0) {
    *gathered = a.count; // 0 where there were fewer: the least of all
    least = best[a.count - 1];
  }
  __syncthreads();
  for (uint32_t begin = 0; begin < a.columns; begin += step_columns) {
    const uint32_t end = min(begin + step_columns, a.columns);
    for (uint32_t column = begin + threadIdx.x; column < end; column += top_threads) {
      const uint64_t key = top_key(row[column], a.first_column + column);
      if (key > least)
        keys[atomicAdd(gathered, 1u)] = key;
    }
    __syncthreads();
    const uint32_t count = *gathered;
    __syncthreads(); // all have read it
    if (count <= top_keys / 2 && end < a.columns)
      continue; // the next columns fit, too
    uint32_t size = 2;
    while (size < count)
      size *= 2;
    for (uint32_t i = count + threadIdx.x; i < size; i += top_threads)
      keys[i] = 0;
    __syncthreads();
    sort_keys(keys, size);
    if (threadIdx.x == 0) {
      *gathered = a.count;
      least = keys[a.count - 1];
    }
    __syncthreads();
  }
  for (uint32_t i = threadIdx.x; i < a.count; i += top_threads)
    best[i] = keys[i];
}

} // namespace weft::cuda
