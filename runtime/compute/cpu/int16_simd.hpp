#pragma once

#include "runtime/compute/cpu/simd.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace weft::inline WEFT_ISA {

/// Twice simd_width 16-bit integers: simd_width pairs.
using vshort = int16_t __attribute__((vector_size(simd_width * 4)));
/// simd_width 16-bit integers.
using vshort_half = int16_t __attribute__((vector_size(simd_width * 2)));

WEFT_INLINE vshort load_pairs(const int16_t* from) {
  vshort v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// The pair at `from` in every lane. The assembly is volatile to stay where it is written: g++ 12 otherwise moves the
/// broadcasts of all rows of a tile before the first product and spills the sums, which costs a third of the speed.
WEFT_INLINE vshort splat_pair(const int16_t* from) {
#if defined(__AVX2__)
  vshort v;
  asm volatile("vpbroadcastd %1, %0" : "=v"(v) : "m"(*reinterpret_cast<const int16_t(*)[2]>(from)));
  return v;
#else
  int32_t pair;
  std::memcpy(&pair, from, sizeof pair);
  return reinterpret_cast<vshort>(vint{} + pair);
#endif
}

/// sum + a₀·b₀ + a₁·b₁ in every lane, all exact in 32 bits. REQUIRES: no lane overflows (int16_quantize.hpp).
WEFT_INLINE vint multiply_add_pairs(vshort a, vshort b, vint sum) {
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)
  return reinterpret_cast<vint>(
      _mm512_dpwssd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX512F__) && defined(__AVX512BW__)
  return sum + reinterpret_cast<vint>(_mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__) && defined(__AVXVNNI__)
  return reinterpret_cast<vint>(_mm256_dpwssd_avx_epi32(reinterpret_cast<__m256i>(sum), reinterpret_cast<__m256i>(a),
                                                        reinterpret_cast<__m256i>(b)));
#elif defined(__AVX2__)
  return sum + reinterpret_cast<vint>(_mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return sum + reinterpret_cast<vint>(_mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  for (size_t i = 0; i < simd_width; ++i)
    sum[i] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sum;
#endif
}

WEFT_INLINE vfloat to_float(vint v) {
  return __builtin_convertvector(v, vfloat);
}

/// Rounds to the nearest integer, ties to even, and keeps 16 bits. REQUIRES: |x| < 32768.
/// Adding 1.5·2^23 leaves the integer, in two's complement, in the low bits of the float.
WEFT_INLINE vshort_half round_to_int16(vfloat x) {
  return __builtin_convertvector(as_int(x + splat(12582912.0f)), vshort_half);
}

WEFT_INLINE vfloat magnitude(vfloat x) {
  return as_float(as_int(x) & 0x7fffffff);
}

} // namespace weft::inline WEFT_ISA
