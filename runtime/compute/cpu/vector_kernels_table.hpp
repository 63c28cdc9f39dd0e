#pragma once

#include "runtime/compute/cpu/attention.hpp"
#include "runtime/compute/cpu/layer_norm.hpp"
#include "runtime/compute/cpu/linear.hpp"
#include "runtime/compute/cpu/pooling.hpp"
#include "runtime/compute/cpu/vector_kernels.hpp"

namespace weft::inline WEFT_ISA {

/// Collects the kernels of the set that the including file is compiled for.
constexpr vector_kernels make_vector_kernels(std::string_view name) {
  return {
      .name = name,
      .panel_columns = panel_columns,
      .block_tokens_best = 128,
      .pack_linear = pack_linear,
      .linear_bias = linear<epilogue::bias>,
      .linear_gelu = linear<epilogue::gelu>,
      .linear_add = linear<epilogue::add>,
      .layer_norm = [](float* row, const float* gamma, const float* beta, float epsilon,
                       size_t hidden) { layer_norm_row(row, gamma, beta, epsilon, hidden); },
      .add_layer_norm = add_layer_norm,
      .attention_scratch = attention_scratch,
      .attention_sequence = attention_sequence,
      .gelu =
          [](float* x, size_t n) {
            for (size_t i = 0; i < n; i += simd_width)
              store(x + i, gelu(load(x + i)));
          },
      .mean_rows = mean_rows,
  };
}

} // namespace weft::inline WEFT_ISA
