#pragma once

#include "runtime/compute/cuda/encoder/values.cuh"

namespace weft::cuda {

inline constexpr uint32_t gelu_threads = 256;

/// GELU in its erf form, x·Φ(x): the tanh form of cuBLASLt's epilogue is up to 4.7e-4 off.
__host__ __device__ __forceinline__ float gelu(float x) {
  return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
}

/// x = gelu(x + bias), in place. 16 bytes a thread. x: [rows, columns], aligned to 16 bytes; bias: [columns], fp32.
/// REQUIRES: columns is a multiple of value_chunk<T>::size. CPU twin: add_gelu_cpu().
template <class T>
__global__ void __launch_bounds__(gelu_threads)
    add_gelu_kernel(T* x, const float* bias, uint32_t rows, uint32_t columns) {
  constexpr uint32_t size = value_chunk<T>::size;
  const uint32_t chunks_row = columns / size;
  const size_t chunk = static_cast<size_t>(blockIdx.x) * gelu_threads + threadIdx.x;
  if (chunk >= static_cast<size_t>(rows) * chunks_row)
    return;
  const uint32_t column = static_cast<uint32_t>(chunk % chunks_row) * size;
  auto values = load_word<value_chunk<T>>(x + chunk * size);
  WEFT_UNROLL
  for (uint32_t i = 0; i < size; ++i)
    values.values[i] = narrowed<T>(gelu(widen(values.values[i]) + bias[column + i]));
  store_word(x + chunk * size, values);
}

template <class T> void add_gelu_cpu(T* x, const float* bias, uint32_t rows, uint32_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c)
      x[r * columns + c] = narrowed<T>(gelu(widen(x[r * columns + c]) + bias[c]));
}

} // namespace weft::cuda
