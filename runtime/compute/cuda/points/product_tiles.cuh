#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/device/async_copy.cuh"
#include "runtime/compute/cuda/device/tensor_core.cuh"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Sums of one thread: tile_sums[m][n][i] is the product of row thread_row(m, i) and column thread_column(n, i) of a
/// tile.
using tile_sums = int32_t[2][8][4];

/// Where a thread's products are in a tile of 128 × 128: 4 × 2 warps have 32 × 64 of them each.
struct tile_place {
  uint32_t lane;
  uint32_t warp_row;
  uint32_t warp_column;

  __device__ __forceinline__ tile_place()
      : lane(threadIdx.x % warp_size), warp_row(threadIdx.x / warp_size / 2), warp_column(threadIdx.x / warp_size % 2) {
  }

  __device__ __forceinline__ uint32_t row(uint32_t m, uint32_t i) const {
    return warp_row * 32 + m * 16 + lane / 4 + i / 2 * 8;
  }
  __device__ __forceinline__ uint32_t column(uint32_t n, uint32_t i) const {
    return warp_column * 64 + n * 8 + lane % 4 * 2 + i % 2;
  }
};

/// What a block of slice_blocks() computes.
struct block_slice {
  uint32_t first_row;
  uint32_t first_column;
  uint32_t end_column;

  __device__ __forceinline__ explicit block_slice(const product_operands& in) {
    const uint32_t tiles = (in.row_count + tile_rows - 1) / tile_rows;
    first_row = blockIdx.x % tiles * tile_rows;
    first_column = blockIdx.x / tiles * slice_columns;
    end_column = min(first_column + slice_columns, in.column_count);
  }
};

/// A chunk of 128 points in shared memory: rows of 64 bytes, whose 4 units of 16 bytes change places with the row, so
/// that the 8 rows of a matrix load lie in different banks.
__device__ __forceinline__ uint32_t unit_offset(uint32_t row, uint32_t unit) {
  return row * chunk_bytes + ((unit ^ (row >> 1 & 3)) << 4);
}

/// Begins to copy a chunk of the points from `first` on; those from `end` on are zeros.
__device__ __forceinline__ void begin_tile(unsigned char* to, const int8_t* points, uint32_t stride, uint32_t first,
                                           uint32_t end, uint32_t chunk) {
  for (uint32_t i = threadIdx.x; i < tile_bytes / 16; i += tile_threads) {
    const uint32_t row = i / 4, unit = i % 4;
    const bool valid = first + row < end;
    const int8_t* const from = points + static_cast<size_t>(valid ? first + row : 0) * stride;
    begin_copy_16(to + unit_offset(row, unit), from + chunk * chunk_bytes + unit * 16, valid);
  }
}

/// sums += the products of one chunk.
__device__ __forceinline__ void add_chunk(tile_sums& sums, const unsigned char* rows, const unsigned char* columns,
                                          const tile_place& at) {
  WEFT_UNROLL
  for (uint32_t k = 0; k < chunk_bytes / 32; ++k) {
    uint32_t a[2][4];
    WEFT_UNROLL
    for (uint32_t m = 0; m < 2; ++m)
      load_matrices(a[m], rows + unit_offset(at.warp_row * 32 + m * 16 + at.lane % 16, k * 2 + at.lane / 16));
    WEFT_UNROLL
    for (uint32_t pair = 0; pair < 4; ++pair) {
      uint32_t b[4]; // of 16 columns
      load_matrices(b, columns + unit_offset(at.warp_column * 64 + pair * 16 + at.lane / 16 * 8 + at.lane % 8,
                                             k * 2 + at.lane / 8 % 2));
      const uint32_t left[2] = {b[0], b[1]}, right[2] = {b[2], b[3]};
      WEFT_UNROLL
      for (uint32_t m = 0; m < 2; ++m) {
        mma_int8(sums[m][pair * 2], a[m], left);
        mma_int8(sums[m][pair * 2 + 1], a[m], right);
      }
    }
  }
}

/// Which chunk of which tile a step is about.
struct tile_cursor {
  uint32_t tile = 0;
  uint32_t chunk = 0;

  __device__ __forceinline__ void advance(uint32_t chunks) {
    if (++chunk == chunks) {
      chunk = 0;
      ++tile;
    }
  }
};

/// Multiplies the 128 points from first_row on with the columns [first_column, end_column), tile by tile, and gives
/// each tile to fold(sums, its first column), while it is in registers. What is beyond the points counts as zeros.
/// Copies run three steps ahead of the tensor cores; where the stride allows it the rows are copied once. All threads
/// of the block call it; shared memory is free again after a barrier. One block: tile_threads threads,
/// tile_shared_bytes() of shared memory. CPU twin: product_kernels of runtime/points.
template <class Fold>
__device__ __forceinline__ void for_product_tiles(const product_operands& in, uint32_t first_row, uint32_t first_column,
                                                  uint32_t end_column, Fold& fold) {
  if (first_column >= end_column)
    return;
  const tile_place at;
  const uint32_t chunks = in.stride / chunk_bytes;
  const uint32_t steps = (end_column - first_column + tile_columns - 1) / tile_columns * chunks;
  const bool kept = in.stride <= stride_kept_max;
  unsigned char* const row_slots = dynamic_shared_bytes();
  unsigned char* const column_slots = row_slots + (kept ? chunks : tile_stages) * tile_bytes;
  tile_cursor next, now;
  const auto begin = [&](uint32_t step) {
    if (step < steps) {
      if (!kept || next.tile == 0)
        begin_tile(row_slots + (kept ? next.chunk : step % tile_stages) * tile_bytes, in.rows, in.stride, first_row,
                   in.row_count, next.chunk);
      begin_tile(column_slots + step % tile_stages * tile_bytes, in.columns, in.stride,
                 first_column + next.tile * tile_columns, end_column, next.chunk);
      next.advance(chunks);
    }
    close_copies(); // an empty group at the end keeps the count of groups
  };
  for (uint32_t step = 0; step + 1 < tile_stages; ++step)
    begin(step);
  tile_sums sums = {};
  for (uint32_t step = 0; step < steps; ++step) {
    await_copies<tile_stages - 2>();
    __syncthreads(); // all see this step's bytes, and nobody reads those of the last, which the next copies replace
    begin(step + tile_stages - 1);
    add_chunk(sums, row_slots + (kept ? now.chunk : step % tile_stages) * tile_bytes,
              column_slots + step % tile_stages * tile_bytes, at);
    if (now.chunk + 1 == chunks) {
      fold(sums, first_column + now.tile * tile_columns);
      WEFT_UNROLL
      for (uint32_t m = 0; m < 2; ++m)
        WEFT_UNROLL
      for (uint32_t n = 0; n < 8; ++n)
        WEFT_UNROLL
      for (uint32_t i = 0; i < 4; ++i)
        sums[m][n][i] = 0;
    }
    now.advance(chunks);
  }
}

} // namespace weft::cuda
