#pragma once

#include "runtime/compute/cpu/simd.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace weft::inline WEFT_ISA {

/// simd_width bfloat16 values: the upper halves of floats.
using vbf16 = uint16_t __attribute__((vector_size(simd_width * 2)));

/// Nearest bfloat16, ties to even. REQUIRES: not a NaN.
WEFT_INLINE uint16_t to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

WEFT_INLINE float from_bf16(uint16_t x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

/// Nearest bfloat16 values, ties to even; the hardware instruction takes values below 2^-126 for 0. REQUIRES: no NaN.
WEFT_INLINE void store_bf16(uint16_t* to, vfloat v) {
#if defined(__AVX512BF16__) && defined(__AVX512F__)
  const __m256bh narrow = _mm512_cvtneps_pbh(v);
  std::memcpy(to, &narrow, sizeof narrow);
#else
  using vunsigned = uint32_t __attribute__((vector_size(simd_width * 4)));
  const auto bits = reinterpret_cast<vunsigned>(v);
  const vbf16 narrow = __builtin_convertvector((bits + 0x7fff + (bits >> 16 & 1)) >> 16, vbf16);
  std::memcpy(to, &narrow, sizeof narrow);
#endif
}

} // namespace weft::inline WEFT_ISA
