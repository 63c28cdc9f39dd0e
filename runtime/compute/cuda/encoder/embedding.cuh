#pragma once

#include "runtime/compute/cuda/encoder/layer_norm.cuh"

namespace weft::cuda {

/// out = layer norm of (words[id] + type + positions[position]). One warp a token, norm_rows_block tokens a block.
/// ids, positions: [tokens], within their tables (the engine checks); out: [tokens, hidden].
/// CPU twin: embed_cpu().
template <class T, uint32_t pairs_max>
__global__ void __launch_bounds__(norm_rows_block* warp_size)
    embed_kernel(const int32_t* ids, const uint32_t* positions, embedding_tables tables, norm_parameters norm,
                 uint32_t tokens, T* out) {
  const uint32_t lane = threadIdx.x % warp_size;
  const uint32_t token = blockIdx.x * norm_rows_block + threadIdx.x / warp_size;
  if (token >= tokens)
    return;
  const float* word = tables.words + static_cast<size_t>(ids[token]) * norm.hidden;
  const float* position = tables.positions + static_cast<size_t>(positions[token]) * norm.hidden;
  const uint32_t pairs = norm.hidden / (2 * warp_size);
  float_pair values[pairs_max];
  WEFT_UNROLL
  for (uint32_t i = 0; i < pairs_max; ++i)
    if (i < pairs) {
      const uint32_t at = 2 * (lane + i * warp_size);
      const auto a = load_pair(word + at);
      const auto b = load_pair(tables.type + at);
      const auto c = load_pair(position + at);
      values[i] = {a.low + b.low + c.low, a.high + b.high + c.high};
    }
  norm_row(values, norm, out + static_cast<size_t>(token) * norm.hidden);
}

template <class T>
void embed_cpu(const int32_t* ids, const uint32_t* positions, const embedding_tables& tables,
               const norm_parameters& norm, uint32_t tokens, T* out) {
  std::vector<float> row(norm.hidden);
  for (size_t t = 0; t < tokens; ++t) {
    for (uint32_t i = 0; i < norm.hidden; ++i)
      row[i] = tables.words[static_cast<size_t>(ids[t]) * norm.hidden + i] + tables.type[i] +
               tables.positions[static_cast<size_t>(positions[t]) * norm.hidden + i];
    norm_row_cpu(row, norm, out + t * norm.hidden);
  }
}

} // namespace weft::cuda
