#pragma once

#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"
#include "runtime/compute/cuda/encoder/values.cuh"

#include <vector>

namespace weft::cuda {

/// Rows of one block: one a warp.
inline constexpr uint32_t norm_rows_block = 4;

/// Most pairs of values that a lane keeps of one row. Rows of up to 384 values take a third of the registers.
inline constexpr uint32_t norm_pairs_small = 6;
inline constexpr uint32_t norm_pairs_large = 16;
inline constexpr uint32_t norm_hidden_max = 2 * warp_size * norm_pairs_large;

/// One row that a warp holds in registers, normalised and stored: (x − mean) / sqrt(variance + epsilon) · gamma + beta.
/// Lane l holds pairs l, l + 32, …; mean and variance are sums in fp32, in two passes as the CPU's are.
template <class T, uint32_t pairs_max>
__device__ __forceinline__ void norm_row(const float_pair (&row)[pairs_max], const norm_parameters& norm, T* out) {
  const uint32_t lane = threadIdx.x % warp_size;
  const uint32_t pairs = norm.hidden / (2 * warp_size);
  float sum = 0;
  WEFT_UNROLL
  for (uint32_t i = 0; i < pairs_max; ++i)
    if (i < pairs)
      sum += row[i].low + row[i].high;
  const float mean = warp_sum(sum) / static_cast<float>(norm.hidden);
  float squares = 0;
  WEFT_UNROLL
  for (uint32_t i = 0; i < pairs_max; ++i)
    if (i < pairs) {
      const float low = row[i].low - mean, high = row[i].high - mean;
      squares += low * low + high * high;
    }
  const float scale = 1.0f / sqrtf(warp_sum(squares) / static_cast<float>(norm.hidden) + norm.epsilon);
  WEFT_UNROLL
  for (uint32_t i = 0; i < pairs_max; ++i)
    if (i < pairs) {
      const uint32_t at = 2 * (lane + i * warp_size);
      const auto gamma = load_pair(norm.gamma + at);
      const auto beta = load_pair(norm.beta + at);
      store_pair(out + at, {(row[i].low - mean) * scale * gamma.low + beta.low,
                            (row[i].high - mean) * scale * gamma.high + beta.high});
    }
}

/// x = layer norm of x, in place, the end of both halves of a layer: the product before it has added bias and residual.
/// One warp a row, so that the sums need no shared memory; norm_rows_block rows a block. x: [rows, hidden].
/// CPU twin: layer_norm_cpu().
template <class T, uint32_t pairs_max>
__global__ void __launch_bounds__(norm_rows_block* warp_size)
    layer_norm_kernel(T* x, norm_parameters norm, uint32_t rows) {
  const uint32_t lane = threadIdx.x % warp_size;
  const uint32_t row = blockIdx.x * norm_rows_block + threadIdx.x / warp_size;
  if (row >= rows)
    return;
  T* const mine = x + static_cast<size_t>(row) * norm.hidden;
  const uint32_t pairs = norm.hidden / (2 * warp_size);
  float_pair values[pairs_max];
  WEFT_UNROLL
  for (uint32_t i = 0; i < pairs_max; ++i)
    if (i < pairs)
      values[i] = load_pair(mine + 2 * (lane + i * warp_size));
  norm_row(values, norm, mine);
}

/// One row on the CPU: what norm_row() does.
template <class T> void norm_row_cpu(const std::vector<float>& row, const norm_parameters& norm, T* out) {
  const auto size = static_cast<float>(norm.hidden);
  float sum = 0;
  for (uint32_t i = 0; i < norm.hidden; ++i)
    sum += row[i];
  const float mean = sum / size;
  float squares = 0;
  for (uint32_t i = 0; i < norm.hidden; ++i)
    squares += (row[i] - mean) * (row[i] - mean);
  const float scale = 1.0f / std::sqrt(squares / size + norm.epsilon);
  for (uint32_t i = 0; i < norm.hidden; ++i)
    out[i] = narrowed<T>((row[i] - mean) * scale * norm.gamma[i] + norm.beta[i]);
}

template <class T> void layer_norm_cpu(T* x, const norm_parameters& norm, uint32_t rows) {
  std::vector<float> row(norm.hidden);
  for (size_t begin = 0; begin < static_cast<size_t>(rows) * norm.hidden; begin += norm.hidden) {
    for (uint32_t i = 0; i < norm.hidden; ++i)
      row[i] = widen(x[begin + i]);
    norm_row_cpu(row, norm, x + begin);
  }
}

} // namespace weft::cuda
