#pragma once

#include "runtime/compute/cuda/points/product_tiles.cuh"

namespace weft::cuda {

/// Writes the products of a tile.
struct product_writer {
  int32_t* products; ///< [rows, columns]
  uint32_t first_row;
  uint32_t row_count;
  uint32_t column_count;
  tile_place at;

  __device__ __forceinline__ void operator()(const tile_sums& sums, uint32_t first_column) const {
    WEFT_UNROLL
    for (uint32_t m = 0; m < 2; ++m)
      WEFT_UNROLL
    for (uint32_t n = 0; n < 8; ++n)
      WEFT_UNROLL
    for (uint32_t i = 0; i < 4; ++i) {
      const uint32_t row = first_row + at.row(m, i), column = first_column + at.column(n, i);
      if (row < row_count && column < column_count)
        products[static_cast<size_t>(row) * column_count + column] = sums[m][n][i];
    }
  }
};

/// All products of rows and columns. One block a tile of 128 rows and a slice of 1 024 columns. CPU twin:
/// run_similarity() of runtime/points/similarity.
__global__ void __launch_bounds__(tile_threads, 2) similarity_kernel(similarity_arguments a) {
  const block_slice part(a.in);
  product_writer write{a.products, part.first_row, a.in.row_count, a.in.column_count, {}};
  for_product_tiles(a.in, part.first_row, part.first_column, part.end_column, write);
}

} // namespace weft::cuda
