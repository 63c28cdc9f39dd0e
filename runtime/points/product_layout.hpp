#pragma once

#include "runtime/points/product_kernels.hpp"

#include <cstring>

// The layout of panels and rows for the instruction set that the including file is compiled for, in an inline namespace
// of that set: the linker must never keep one set's code for all machines. For the same reason nothing of the standard
// library that is a function template is used here.
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

} // namespace weft::inline WEFT_POINTS_ISA
