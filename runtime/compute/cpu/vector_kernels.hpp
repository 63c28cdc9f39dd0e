#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

/// The instruction sets that the fp32 kernels are built for.
enum class vector_isa : uint8_t { portable, avx2, avx512 };

/// The fp32 kernels of one instruction set: what simd.hpp and its friends compile to. Pure functions: thread-safe.
/// Sizes in columns are multiples of panel_columns. Each comes from the header of the same idea, which states its
/// contract.
struct vector_kernels {
  std::string_view name;    ///< "portable", "avx2", "avx512"
  size_t panel_columns;     ///< of packed weights; 32 is a multiple of it for every set
  size_t block_tokens_best; ///< tokens that go through all layers together, so that activations stay in the L2 cache

  // linear.hpp
  void (*pack_linear)(const float* weight, size_t stride, size_t n, size_t k, float* packed);
  void (*linear_bias)(const float* a, size_t a_stride, size_t m, const float* packed, size_t n, size_t k,
                      const float* bias, float* c, size_t c_stride);
  void (*linear_gelu)(const float* a, size_t a_stride, size_t m, const float* packed, size_t n, size_t k,
                      const float* bias, float* c, size_t c_stride);
  void (*linear_add)(const float* a, size_t a_stride, size_t m, const float* packed, size_t n, size_t k,
                     const float* bias, float* c, size_t c_stride);
  // layer_norm.hpp
  void (*layer_norm)(float* row, const float* gamma, const float* beta, float epsilon, size_t hidden);
  void (*add_layer_norm)(float* x, const float* residual, size_t rows, size_t hidden, const float* gamma,
                         const float* beta, float epsilon);
  // attention.hpp
  size_t (*attention_scratch)(size_t length);
  void (*attention_sequence)(const float* qkv, size_t length, size_t heads, float* out, float* scratch);
  // activation.hpp, pooling.hpp
  void (*gelu)(float* x, size_t n);
  void (*mean_rows)(const float* x, size_t rows, size_t hidden, float* out);
};

/// The kernels of one set; null when this CPU or this build has it not. The portable ones are always there.
const vector_kernels* find_vector_kernels(vector_isa isa) noexcept;

/// The widest that this CPU runs.
const vector_kernels& best_vector_kernels() noexcept;

} // namespace weft
