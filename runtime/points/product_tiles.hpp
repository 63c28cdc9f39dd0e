#pragma once

#include "runtime/points/product_lanes.hpp"

#include <cstring>

namespace weft::inline WEFT_POINTS_ISA {

/// `Rows` rows by Vectors · lanes columns, with the sums in registers.
template <size_t Rows, size_t Vectors>
[[gnu::always_inline]] inline void multiply_tile(const std::byte* rows, size_t row_bytes, const std::byte* columns,
                                                 size_t steps, int32_t* out, size_t stride) {
  sum_lanes sums[Rows][Vectors];
#pragma GCC unroll 8
  for (size_t r = 0; r < Rows; ++r) {
    int32_t correction;
    std::memcpy(&correction, rows + r * row_bytes + steps * 4, sizeof correction);
#pragma GCC unroll 8
    for (size_t v = 0; v < Vectors; ++v)
      sums[r][v] = sum_lanes{} + correction;
  }
  for (size_t s = 0; s < steps; ++s) {
    element_lanes column[Vectors];
#pragma GCC unroll 8
    for (size_t v = 0; v < Vectors; ++v)
      std::memcpy(&column[v], columns + (s * panel_columns + v * lanes) * 4, sizeof column[v]);
#pragma GCC unroll 8
    for (size_t r = 0; r < Rows; ++r) {
      const element_lanes row = splat(rows + r * row_bytes + s * 4);
#pragma GCC unroll 8
      for (size_t v = 0; v < Vectors; ++v)
        sums[r][v] = multiply_add(column[v], row, sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 8
    for (size_t v = 0; v < Vectors; ++v)
      std::memcpy(out + r * stride + v * lanes, &sums[r][v], sizeof sums[r][v]);
}

template <size_t Vectors>
inline void multiply_strip(const std::byte* rows, size_t count, const std::byte* columns, size_t dimensions,
                           int32_t* out, size_t stride) {
  const size_t steps = steps_of(dimensions);
  const size_t row_bytes = prepared_row_bytes(dimensions);
  size_t r = 0;
  for (; r + tile_rows <= count; r += tile_rows)
    multiply_tile<tile_rows, Vectors>(rows + r * row_bytes, row_bytes, columns, steps, out + r * stride, stride);
  for (; r < count; ++r)
    multiply_tile<1, Vectors>(rows + r * row_bytes, row_bytes, columns, steps, out + r * stride, stride);
}

inline void multiply(const std::byte* rows, size_t count, const std::byte* panel, size_t columns, size_t dimensions,
                     int32_t* out, size_t stride) {
  for (size_t c = 0; c < columns; c += tile_vectors * lanes) {
    const std::byte* const strip = panel + c * 4;
    const size_t left = columns - c;
    if (left <= lanes) // a quarter of the work, with the widest vectors
      multiply_strip<1>(rows, count, strip, dimensions, out + c, stride);
    else if (left <= 2 * lanes)
      multiply_strip<2>(rows, count, strip, dimensions, out + c, stride);
    else
      multiply_strip<tile_vectors>(rows, count, strip, dimensions, out + c, stride);
  }
}

inline constexpr int32_t lane_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

inline void take_largest(const int32_t* products, size_t rows, size_t count, uint32_t first, lane_maxima* maxima) {
  sum_lanes numbers;
  std::memcpy(&numbers, lane_numbers, sizeof numbers);
  const sum_lanes end = sum_lanes{} + static_cast<int32_t>(first + count);
  for (size_t r = 0; r < rows; ++r, products += panel_columns)
    for (size_t lane = 0; lane < lane_maxima::lanes; lane += lanes) {
      sum_lanes best, columns, next;
      std::memcpy(&best, maxima[r].products + lane, sizeof best);
      std::memcpy(&columns, maxima[r].columns + lane, sizeof columns);
      for (size_t c = lane; c < count; c += lane_maxima::lanes) {
        std::memcpy(&next, products + c, sizeof next);
        const sum_lanes here = numbers + static_cast<int32_t>(first + c);
        const sum_lanes larger = (next > best) & (here < end); // the last panel may have fewer columns
        best = (larger & next) | (~larger & best);
        columns = (larger & here) | (~larger & columns);
      }
      std::memcpy(maxima[r].products + lane, &best, sizeof best);
      std::memcpy(maxima[r].columns + lane, &columns, sizeof columns);
    }
}

inline void add_row(const int8_t* row, size_t dimensions, int32_t sign, int32_t* sums) {
  if (sign > 0)
    for (size_t d = 0; d < dimensions; ++d)
      sums[d] += row[d];
  else
    for (size_t d = 0; d < dimensions; ++d)
      sums[d] -= row[d];
}

} // namespace weft::inline WEFT_POINTS_ISA
