#pragma once

#include "runtime/compute/cuda/points/product_tiles.cuh"

namespace weft::cuda {

/// Writes one bit a pair of points: the later one is near to the earlier one.
struct near_writer {
  const near_pairs_arguments& a;
  uint32_t first_row;
  tile_place at;

  /// Whether the cosine is `similarity` or more, in integers. Points of zeros are near to each other only.
  __device__ __forceinline__ bool is_near(int32_t product, uint32_t row, uint32_t column) const {
    const int64_t left = a.lengths[row], right = a.lengths[column];
    if (left == 0 || right == 0)
      return left == right;
    return int64_t{product} * 65'536 * 10'000 >= int64_t{a.similarity} * left * right;
  }

  __device__ __forceinline__ void operator()(const tile_sums& sums, uint32_t first_column) const {
    WEFT_UNROLL
    for (uint32_t m = 0; m < 2; ++m)
      WEFT_UNROLL
    for (uint32_t half = 0; half < 2; ++half)
      WEFT_UNROLL
    for (uint32_t word = 0; word < 2; ++word) { // a warp has 64 columns
      const uint32_t row = first_row + at.row(m, half * 2);
      uint32_t bits = 0;
      WEFT_UNROLL
      for (uint32_t n = word * 4; n < word * 4 + 4; ++n)
        WEFT_UNROLL
      for (uint32_t i = half * 2; i < half * 2 + 2; ++i) {
        const uint32_t column = first_column + at.column(n, i);
        if (column > row && column < a.in.column_count && is_near(sums[m][n][i], row, column))
          bits |= 1u << column % 32;
      }
      bits |= __shfl_xor_sync(whole_warp, bits, 1); // 4 lanes have the columns of a row
      bits |= __shfl_xor_sync(whole_warp, bits, 2);
      if (at.lane % 4 == 0 && row < a.in.row_count)
        a.near[static_cast<size_t>(row) * a.words + (first_column + at.warp_column * 64) / 32 + word] = bits;
    }
  }
};

/// Compares all points with all later ones. One block a tile of 128 points and a slice of 1 024, less what is before
/// the tile. CPU twin: the products of run_similarity(), compared.
__global__ void __launch_bounds__(tile_threads, 2) near_pairs_kernel(near_pairs_arguments a) {
  const block_slice part(a.in);
  near_writer write{a, part.first_row, {}};
  for_product_tiles(a.in, part.first_row, max(part.first_column, part.first_row), part.end_column, write);
}

} // namespace weft::cuda
