#pragma once

#include "runtime/compute/cpu/bf16_attention.hpp"
#include "runtime/compute/cpu/layer_norm.hpp"

namespace weft::inline WEFT_ISA {

inline void round_bf16(const float* x, size_t count, uint16_t* narrow) {
  for (size_t i = 0; i < count; i += simd_width)
    store_bf16(narrow + i, weft::load(x + i));
}

inline void bias_layer_norm_bf16(float* x, uint16_t* narrow, size_t rows, size_t hidden, const float* bias,
                                 const norm_weights& norm, float epsilon) {
  for (size_t r = 0; r < rows; ++r) {
    float* row = x + r * hidden;
    for (size_t i = 0; i < hidden; i += simd_width)
      weft::store(row + i, weft::load(row + i) + weft::load(bias + i));
    layer_norm_row(row, norm.gamma.data(), norm.beta.data(), epsilon, hidden);
    round_bf16(row, hidden, narrow + r * hidden);
  }
}

/// Collects the kernels over one kind of tiles.
template <class Tiles> constexpr bf16_kernels make_bf16_kernels(std::string_view name) {
  return {.name = name,
          .begin = Tiles::begin,
          .end = Tiles::end,
          .pack = pack_bf16,
          .linear_bias = bf16_linear<Tiles, epilogue::bias>,
          .linear_gelu = bf16_linear<Tiles, epilogue::gelu>,
          .linear_add = bf16_linear_add<Tiles>,
          .attention = bf16_attention<Tiles>,
          .bias_layer_norm = bias_layer_norm_bf16,
          .round = round_bf16};
}

} // namespace weft::inline WEFT_ISA
