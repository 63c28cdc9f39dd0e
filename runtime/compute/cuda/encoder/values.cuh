#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"

#include <cstddef>
#include <cstring>

#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#else
#include "runtime/base/assert.hpp"
#include "runtime/base/half.hpp"

#include <bit>
#endif

namespace weft::cuda {

/// IEEE half precision and bfloat16 as kernels and their twins see them: 16 bits with widen() and narrow(), so that the
/// same source is compiled without the toolkit's headers. Sums are always float.
struct half_value {
  uint16_t bits;
};
struct bfloat_value {
  uint16_t bits;
};

__host__ __device__ __forceinline__ float widen(float x) {
  return x;
}
#if defined(__CUDACC__)
__host__ __device__ __forceinline__ float widen(half_value x) {
  return __half2float(__ushort_as_half(x.bits));
}
__host__ __device__ __forceinline__ float widen(bfloat_value x) {
  return __bfloat162float(__ushort_as_bfloat16(x.bits));
}
__host__ __device__ __forceinline__ void narrow(float x, half_value& out) {
  out.bits = __half_as_ushort(__float2half_rn(x));
}
__host__ __device__ __forceinline__ void narrow(float x, bfloat_value& out) {
  out.bits = __bfloat16_as_ushort(__float2bfloat16_rn(x));
}
#else
inline float widen(half_value x) {
  return from_half(x.bits);
}
inline float widen(bfloat_value x) {
  return std::bit_cast<float>(uint32_t{x.bits} << 16);
}
inline void narrow(float x, half_value& out) {
  out.bits = to_half(x);
}
inline void narrow(float x, bfloat_value& out) {
  const auto bits = std::bit_cast<uint32_t>(x);
  out.bits = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16); // to nearest, ties to even; no NaN comes
}
#endif
__host__ __device__ __forceinline__ void narrow(float x, float& out) {
  out = x;
}

/// x rounded to T.
template <class T> __host__ __device__ __forceinline__ T narrowed(float x) {
  T out;
  narrow(x, out);
  return out;
}

/// Two neighbours: what one lane reads and writes at a time, so that a warp touches whole lines.
struct float_pair {
  float low, high;
};

/// A word of memory, loaded at once by a device. REQUIRES: `at` is aligned to the word's size (a device ends the
/// process's work with it otherwise; the host's meaning of these checks it).
template <class Word, class T> __device__ __forceinline__ Word load_word(const T* at) {
#if defined(__CUDACC__)
  return *reinterpret_cast<const Word*>(at);
#else
  WEFT_ASSERT(reinterpret_cast<uintptr_t>(at) % sizeof(Word) == 0);
  Word out;
  std::memcpy(&out, at, sizeof out);
  return out;
#endif
}

template <class Word, class T> __device__ __forceinline__ void store_word(T* at, const Word& word) {
#if defined(__CUDACC__)
  *reinterpret_cast<Word*>(at) = word;
#else
  WEFT_ASSERT(reinterpret_cast<uintptr_t>(at) % sizeof(Word) == 0);
  std::memcpy(static_cast<void*>(at), &word, sizeof word);
#endif
}

template <class T> struct alignas(2 * sizeof(T)) value_pair { T low, high; };

/// REQUIRES: `at` is aligned to two values.
template <class T> __device__ __forceinline__ float_pair load_pair(const T* at) {
  const auto both = load_word<value_pair<T>>(at);
  return {widen(both.low), widen(both.high)};
}

template <class T> __device__ __forceinline__ void store_pair(T* at, float_pair x) {
  store_word(at, value_pair<T>{narrowed<T>(x.low), narrowed<T>(x.high)});
}

/// Two values of 16 bits in one register, as the tensor cores want them: `low` in the low bits.
template <class T> __device__ __forceinline__ uint32_t packed(float low, float high) {
  return narrowed<T>(low).bits | static_cast<uint32_t>(narrowed<T>(high).bits) << 16;
}

/// 16 bytes: the most that a lane loads at once.
template <class T> struct alignas(16) value_chunk {
  static constexpr uint32_t size = 16 / sizeof(T);
  T values[size];
};

} // namespace weft::cuda
