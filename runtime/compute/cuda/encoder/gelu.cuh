#pragma once

#include "runtime/compute/cuda/encoder/values.cuh"

namespace weft::cuda {

inline constexpr uint32_t gelu_threads = 256;

/// GELU in its erf form, x·Φ(x).
__host__ __device__ __forceinline__ float gelu(float x) {
  return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
}

/// GELU in its tanh form, at most 4.7e-4 off: what cuBLASLt's epilogue computes. Only tests call it.
inline float gelu_tanh_cpu(float x) {
  return 0.5f * x * (1.0f + std::tanh(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

/// x = gelu(x), in place, for where a product cannot do it: in fp32, and where the erf form is asked for. 16 bytes a
/// thread. x: [chunks] of value_chunk<T>::size values, aligned to 16 bytes. CPU twin: gelu_cpu().
template <class T> __global__ void __launch_bounds__(gelu_threads) gelu_kernel(T* x, size_t chunks) {
  constexpr uint32_t size = value_chunk<T>::size;
  const size_t chunk = static_cast<size_t>(blockIdx.x) * gelu_threads + threadIdx.x;
  if (chunk >= chunks)
    return;
  auto values = load_word<value_chunk<T>>(x + chunk * size);
  WEFT_UNROLL
  for (uint32_t i = 0; i < size; ++i)
    values.values[i] = narrowed<T>(gelu(widen(values.values[i])));
  store_word(x + chunk * size, values);
}

template <class T> void gelu_cpu(T* x, size_t count) {
  for (size_t i = 0; i < count; ++i)
    x[i] = narrowed<T>(gelu(widen(x[i])));
}

} // namespace weft::cuda
