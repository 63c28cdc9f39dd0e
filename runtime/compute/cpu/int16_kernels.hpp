#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

/// One product of quantised rows with packed columns: c[r, j] = Σ a[r, i]·b[i, j] · row_scales[r] · column_scales[j],
/// then the epilogue that the kernel is named after.
struct int16_product {
  const int16_t* a = nullptr; ///< [m, k], from quantize_rows
  const float* row_scales = nullptr;
  size_t m = 0;
  const int16_t* panels = nullptr; ///< from pack
  const float* column_scales = nullptr;
  const float* bias = nullptr; ///< [n]
  size_t n = 0;                ///< a multiple of panel_columns
  size_t k = 0;                ///< even
  float* c = nullptr;          ///< [m, n]
  size_t c_stride = 0;         ///< floats from one row of c to the next
};

/// The instruction sets that the 16-bit kernels are built for.
enum class int16_isa : uint8_t { portable, avx2, avx2_vnni, avx512, avx512_vnni };

/// The 16-bit fixed-point kernels of one instruction set. Pure functions: thread-safe. All sets give the same sums to
/// the bit. See int16_linear.hpp.
struct int16_kernels {
  std::string_view name;
  size_t panel_columns; ///< 32 is a multiple of it for every set
  void (*pack)(const int16_t* q, size_t n, size_t k, int16_t* panels);
  void (*quantize_rows)(const float* x, size_t rows, size_t k, int16_t* q, float* scales);
  void (*linear_bias)(const int16_product&);
  void (*linear_gelu)(const int16_product&);
  void (*linear_add)(const int16_product&);
};

/// The kernels of one set; null when this CPU or this build has it not. The portable ones are always there.
const int16_kernels* find_int16_kernels(int16_isa isa) noexcept;

/// The fastest that this CPU runs.
const int16_kernels& best_int16_kernels() noexcept;

} // namespace weft
