#pragma once

#include "runtime/compute/cuda/points/product_tiles.cuh"

namespace weft::cuda {

/// The largest product so far of each row of a thread, and the first column that has it.
struct nearest_columns {
  int32_t product[2][2];
  uint32_t column[2][2];
  uint32_t column_count;
  tile_place at;

  __device__ __forceinline__ explicit nearest_columns(uint32_t columns) : column_count(columns) {
    for (uint32_t m = 0; m < 2; ++m)
      for (uint32_t half = 0; half < 2; ++half) {
        product[m][half] = INT32_MIN; // less than any product
        column[m][half] = UINT32_MAX;
      }
  }

  /// Of equal products the lower column: of two that come from different threads.
  __device__ __forceinline__ void take(uint32_t m, uint32_t half, int32_t other, uint32_t of) {
    if (other > product[m][half] || (other == product[m][half] && of < column[m][half])) {
      product[m][half] = other;
      column[m][half] = of;
    }
  }

  __device__ __forceinline__ void operator()(const tile_sums& sums, uint32_t first_column) {
    const bool whole = first_column + tile_columns <= column_count;
    WEFT_UNROLL
    for (uint32_t m = 0; m < 2; ++m)
      WEFT_UNROLL
    for (uint32_t n = 0; n < 8; ++n)
      WEFT_UNROLL
    for (uint32_t i = 0; i < 4; ++i) {
      const uint32_t of = first_column + at.column(n, i);
      // A thread sees its columns in their order, so that only a larger product replaces one.
      if (sums[m][n][i] > product[m][i / 2] && (whole || of < column_count)) {
        product[m][i / 2] = sums[m][n][i];
        column[m][i / 2] = of;
      }
    }
  }
};

/// Gives each point the centroid with the largest product, of equal ones the first. One block a tile of 128 points,
/// which goes through all centroids; the products stay in registers. CPU twin: assign() of runtime/points/kmeans_steps,
/// but for the sums, which move_sums_kernel moves. REQUIRES: at least one centroid.
__global__ void __launch_bounds__(tile_threads, 2) assign_kernel(assign_arguments a) {
  const uint32_t first_row = blockIdx.x * tile_rows;
  nearest_columns found(a.in.column_count);
  for_product_tiles(a.in, first_row, 0, a.in.column_count, found);
  __syncthreads();                                                           // the tiles' shared memory is ours now
  auto* const products = reinterpret_cast<int32_t*>(dynamic_shared_bytes()); // [tile_rows]
  auto* const columns = reinterpret_cast<uint32_t*>(dynamic_shared_bytes()) + tile_rows; // [tile_rows]
  const tile_place at;
  WEFT_UNROLL
  for (uint32_t m = 0; m < 2; ++m)
    WEFT_UNROLL
  for (uint32_t half = 0; half < 2; ++half) {
    WEFT_UNROLL
    for (int bits = 1; bits <= 2; bits *= 2) { // 4 lanes have the columns of a row
      const int32_t product = __shfl_xor_sync(whole_warp, found.product[m][half], bits);
      const uint32_t column = __shfl_xor_sync(whole_warp, found.column[m][half], bits);
      found.take(m, half, product, column);
    }
    if (at.warp_column == 1 && at.lane % 4 == 0) {
      products[at.row(m, half * 2)] = found.product[m][half];
      columns[at.row(m, half * 2)] = found.column[m][half];
    }
  }
  __syncthreads();
  if (at.warp_column == 0 && at.lane % 4 == 0)
    WEFT_UNROLL
  for (uint32_t m = 0; m < 2; ++m)
    WEFT_UNROLL
  for (uint32_t half = 0; half < 2; ++half) {
    const uint32_t row = at.row(m, half * 2);
    found.take(m, half, products[row], columns[row]);
    if (first_row + row < a.in.row_count) {
      a.labels[first_row + row] = found.column[m][half];
      a.similarities[first_row + row] = found.product[m][half];
    }
  }
}

} // namespace weft::cuda
