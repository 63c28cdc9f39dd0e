#pragma once

#include "runtime/points/product_kernels.hpp"

#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

// Tiles of products for the instruction set that the including file is compiled for, in an inline namespace of that
// set: the linker must never keep one set's code for all machines. For the same reason nothing of the standard library
// that is a function template is used here.
#if defined(__AVX512VNNI__)
#define WEFT_POINTS_ISA points_avx512_vnni
#elif defined(__AVX512BW__)
#define WEFT_POINTS_ISA points_avx512
#elif defined(__AVX2__)
#define WEFT_POINTS_ISA points_avx2
#else
#define WEFT_POINTS_ISA points_portable
#endif

namespace weft::inline WEFT_POINTS_ISA {

// A step takes 4 bytes of every column and of the row: two dimensions widened to int16, or four as they are. A panel is
// [steps, panel_columns] of these, a prepared row [steps] and then the correction, where there is one.

#if defined(__AVX512BW__)
inline constexpr size_t lanes = 16;
inline constexpr size_t tile_rows = 6; // 24 of 32 registers are sums, 4 columns, 1 row
inline constexpr size_t tile_vectors = 4;
#elif defined(__AVX2__)
inline constexpr size_t lanes = 8;
inline constexpr size_t tile_rows = 4; // 8 of 16 registers
inline constexpr size_t tile_vectors = 2;
#else
inline constexpr size_t lanes = 4;
inline constexpr size_t tile_rows = 4;
inline constexpr size_t tile_vectors = 2;
#endif

#if defined(__AVX512VNNI__)
using element = int8_t;
#else
using element = int16_t;
#endif
inline constexpr size_t step_dimensions = 4 / sizeof(element);

using sum_lanes = int32_t __attribute__((vector_size(lanes * 4)));
using unsigned_lanes = uint32_t __attribute__((vector_size(lanes * 4)));
using element_lanes = element __attribute__((vector_size(lanes * 4)));

constexpr size_t steps_of(size_t dimensions) {
  return (dimensions + step_dimensions - 1) / step_dimensions;
}

inline size_t panel_bytes(size_t dimensions) {
  return steps_of(dimensions) * panel_columns * 4;
}

inline size_t prepared_row_bytes(size_t dimensions) {
  return (steps_of(dimensions) * 4 + 4 + 63) / 64 * 64;
}

inline void pack_panel(const int8_t* columns, size_t count, size_t dimensions, std::byte* panel) {
  const size_t steps = steps_of(dimensions);
  std::memset(panel, 0, panel_bytes(dimensions));
  for (size_t c = 0; c < count; ++c)
    for (size_t s = 0; s < steps; ++s) {
      element group[step_dimensions] = {};
      const size_t first = s * step_dimensions;
      for (size_t i = 0; i < step_dimensions && first + i < dimensions; ++i)
        group[i] = columns[c * dimensions + first + i];
      std::memcpy(panel + (s * panel_columns + c) * 4, group, 4);
    }
#if defined(__AVX512VNNI__)
  // The instruction multiplies unsigned by signed: columns are kept 128 higher, which prepare_row corrects.
  for (size_t i = 0; i < panel_bytes(dimensions); ++i)
    panel[i] ^= std::byte{0x80};
#endif
}

inline void prepare_row(const int8_t* row, size_t dimensions, std::byte* prepared) {
  const size_t steps = steps_of(dimensions);
  std::memset(prepared + dimensions / step_dimensions * 4, 0,
              prepared_row_bytes(dimensions) - dimensions / step_dimensions * 4);
  int32_t correction = 0;
#if defined(__AVX512VNNI__)
  std::memcpy(prepared, row, dimensions);
  for (size_t d = 0; d < dimensions; ++d)
    correction -= 128 * row[d];
#else
  for (size_t d = 0; d < dimensions; ++d) {
    const element widened = row[d];
    std::memcpy(prepared + d * sizeof widened, &widened, sizeof widened);
  }
#endif
  std::memcpy(prepared + steps * 4, &correction, 4);
}

#if !defined(__SSE2__)
/// The lower half of each lane, with its sign.
[[gnu::always_inline]] inline sum_lanes half(sum_lanes x) {
  return reinterpret_cast<sum_lanes>(reinterpret_cast<unsigned_lanes>(x) << 16) >> 16;
}
#endif

/// sum + the products of the four bytes of each lane, all exact.
[[gnu::always_inline]] inline sum_lanes multiply_add(element_lanes column, element_lanes row, sum_lanes sum) {
#if defined(__AVX512VNNI__)
  return reinterpret_cast<sum_lanes>(_mm512_dpbusd_epi32(
      reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(column), reinterpret_cast<__m512i>(row)));
#elif defined(__AVX512BW__)
  return sum + reinterpret_cast<sum_lanes>(
                   _mm512_madd_epi16(reinterpret_cast<__m512i>(column), reinterpret_cast<__m512i>(row)));
#elif defined(__AVX2__)
  return sum + reinterpret_cast<sum_lanes>(
                   _mm256_madd_epi16(reinterpret_cast<__m256i>(column), reinterpret_cast<__m256i>(row)));
#elif defined(__SSE2__)
  return sum +
         reinterpret_cast<sum_lanes>(_mm_madd_epi16(reinterpret_cast<__m128i>(column), reinterpret_cast<__m128i>(row)));
#else
  const auto c = reinterpret_cast<sum_lanes>(column), r = reinterpret_cast<sum_lanes>(row);
  return sum + (c >> 16) * (r >> 16) + half(c) * half(r);
#endif
}

/// Four bytes of a row in every lane. The assembly is volatile to stay where it is written: g++ 12 otherwise moves all
/// broadcasts of a step before the first product and spills the sums.
[[gnu::always_inline]] inline element_lanes splat(const std::byte* from) {
#if defined(__AVX2__)
  element_lanes v;
  asm volatile("vpbroadcastd %1, %0" : "=v"(v) : "m"(*reinterpret_cast<const std::byte(*)[4]>(from)));
  return v;
#else
  int32_t bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return reinterpret_cast<element_lanes>(sum_lanes{} + bytes);
#endif
}

/// `Rows` rows by tile_vectors · lanes columns, with the sums in registers.
template <size_t Rows>
[[gnu::always_inline]] inline void multiply_tile(const std::byte* rows, size_t row_bytes, const std::byte* columns,
                                                 size_t steps, int32_t* out, size_t stride) {
  sum_lanes sums[Rows][tile_vectors];
#pragma GCC unroll 8
  for (size_t r = 0; r < Rows; ++r) {
    int32_t correction;
    std::memcpy(&correction, rows + r * row_bytes + steps * 4, sizeof correction);
#pragma GCC unroll 8
    for (size_t v = 0; v < tile_vectors; ++v)
      sums[r][v] = sum_lanes{} + correction;
  }
  for (size_t s = 0; s < steps; ++s) {
    element_lanes column[tile_vectors];
#pragma GCC unroll 8
    for (size_t v = 0; v < tile_vectors; ++v)
      std::memcpy(&column[v], columns + (s * panel_columns + v * lanes) * 4, sizeof column[v]);
#pragma GCC unroll 8
    for (size_t r = 0; r < Rows; ++r) {
      const element_lanes row = splat(rows + r * row_bytes + s * 4);
#pragma GCC unroll 8
      for (size_t v = 0; v < tile_vectors; ++v)
        sums[r][v] = multiply_add(column[v], row, sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 8
    for (size_t v = 0; v < tile_vectors; ++v)
      std::memcpy(out + r * stride + v * lanes, &sums[r][v], sizeof sums[r][v]);
}

inline void multiply(const std::byte* rows, size_t count, const std::byte* panel, size_t dimensions, int32_t* out,
                     size_t stride) {
  const size_t steps = steps_of(dimensions);
  const size_t row_bytes = prepared_row_bytes(dimensions);
  for (size_t c = 0; c < panel_columns; c += tile_vectors * lanes) {
    size_t r = 0;
    for (; r + tile_rows <= count; r += tile_rows)
      multiply_tile<tile_rows>(rows + r * row_bytes, row_bytes, panel + c * 4, steps, out + r * stride + c, stride);
    for (; r < count; ++r)
      multiply_tile<1>(rows + r * row_bytes, row_bytes, panel + c * 4, steps, out + r * stride + c, stride);
  }
}

inline int32_t largest(const int32_t* products, size_t count) {
  int32_t found = products[0];
  for (size_t i = 1; i < count; ++i)
    found = products[i] > found ? products[i] : found;
  return found;
}

inline void add_row(const int8_t* row, size_t dimensions, int32_t sign, int32_t* sums) {
  if (sign > 0)
    for (size_t d = 0; d < dimensions; ++d)
      sums[d] += row[d];
  else
    for (size_t d = 0; d < dimensions; ++d)
      sums[d] -= row[d];
}

constexpr product_kernels make_product_kernels(std::string_view name) {
  return {.name = name,
          .panel_bytes = panel_bytes,
          .prepared_row_bytes = prepared_row_bytes,
          .pack_panel = pack_panel,
          .prepare_row = prepare_row,
          .multiply = multiply,
          .largest = largest,
          .add_row = add_row};
}

} // namespace weft::inline WEFT_POINTS_ISA
