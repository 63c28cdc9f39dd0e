#pragma once

#include "runtime/compute/cpu/encoder.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

/// bf16 activations and weights of one linear layer. Rows are computed in tiles of 16: buffers behind a and c hold
/// bf16_rows(m) rows, of which those beyond m may hold anything and are (for c) overwritten with anything.
struct bf16_product {
  const uint16_t* a = nullptr; ///< [m, k]
  size_t a_stride = 0;         ///< values from one row of a to the next
  size_t m = 0;
  const uint16_t* panels = nullptr; ///< from pack
  size_t n = 0;                     ///< a multiple of 32
  size_t k = 0;                     ///< a multiple of 32
  const float* bias = nullptr;      ///< [n]
};

/// m rounded up to whole blocks of 32.
constexpr size_t bf16_rows(size_t m) {
  return (m + 31) / 32 * 32;
}

/// Bytes that attention() needs as scratch for sequences of up to `length` tokens.
constexpr size_t bf16_attention_scratch(size_t length) {
  const size_t padded = bf16_rows(length);
  return padded * (32 + 32) * 2 + 32 * padded * (4 + 2) + 32 * 32 * 4 + 64;
}

/// The kernels of the bf16 class over one kind of tiles. Apart from begin() and end(), which bracket all others on the
/// same thread, they are pure: thread-safe.
struct bf16_kernels {
  std::string_view name; ///< "amx", "emulated"
  void (*begin)() noexcept;
  void (*end)() noexcept;
  /// fp32 weights [n, k] with row stride `stride` to bf16 panels [n / 32, k / 32, 2, 16, 16, 2].
  void (*pack)(const float* weight, size_t stride, size_t n, size_t k, uint16_t* panels);
  /// c [m, n] = bf16 of a·B + bias, or of its GELU.
  void (*linear_bias)(const bf16_product&, uint16_t* c, size_t c_stride);
  void (*linear_gelu)(const bf16_product&, uint16_t* c, size_t c_stride);
  /// c [m, n] += a·B, no bias.
  void (*linear_add)(const bf16_product&, float* c, size_t c_stride);
  /// Softmax attention over one sequence. qkv: [bf16_rows(length), 3, heads, 32], of which `length` rows count;
  /// out: [length, heads, 32]; scratch: bf16_attention_scratch(length) bytes on a boundary of 64.
  void (*attention)(const uint16_t* qkv, size_t length, size_t heads, uint16_t* out, void* scratch);
  /// x = layer norm of (x + bias), and the same in bf16. x, narrow: [rows, hidden].
  void (*bias_layer_norm)(float* x, uint16_t* narrow, size_t rows, size_t hidden, const float* bias,
                          const norm_weights& norm, float epsilon);
  /// narrow = x rounded to nearest even.
  void (*round)(const float* x, size_t count, uint16_t* narrow);
};

/// On AMX; null where this CPU or this build has none.
const bf16_kernels* find_amx_bf16_kernels() noexcept;

/// The same code over tiles in plain C++: for tests, too slow for work.
const bf16_kernels& emulated_bf16_kernels() noexcept;

} // namespace weft
