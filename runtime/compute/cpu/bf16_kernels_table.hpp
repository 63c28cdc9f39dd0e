#pragma once

#include "runtime/compute/cpu/bf16_attention.hpp"
#include "runtime/compute/cpu/bf16_layer_norm.hpp"

namespace weft::inline WEFT_ISA {

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
