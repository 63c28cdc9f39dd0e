#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

// Vectors of floats for the instruction set that the including file is compiled for. Everything that uses them lives in
// the inline namespace of that set, so that a file built with -mavx2 and one built without never share a symbol: the
// linker would keep one of the two for all machines.
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#if defined(__AMX_BF16__)
#define WEFT_ISA isa_amx
#elif defined(__AVX512VNNI__)
#define WEFT_ISA isa_avx512_vnni
#else
#define WEFT_ISA isa_avx512
#endif
#elif defined(__AVX2__) && defined(__FMA__)
#if defined(__AVXVNNI__)
#define WEFT_ISA isa_avx2_vnni
#else
#define WEFT_ISA isa_avx2
#endif
#else
#define WEFT_ISA isa_portable
#endif

#define WEFT_INLINE [[gnu::always_inline]] inline

namespace weft::inline WEFT_ISA {

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
inline constexpr size_t simd_width = 16;
#elif defined(__AVX2__) && defined(__FMA__)
inline constexpr size_t simd_width = 8;
#else
inline constexpr size_t simd_width = 4;
#endif

/// simd_width floats, and as many 32-bit integers (the result of comparing, and the bits of floats).
using vfloat = float __attribute__((vector_size(simd_width * 4)));
using vint = int32_t __attribute__((vector_size(simd_width * 4)));

WEFT_INLINE vfloat load(const float* from) {
  vfloat v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

WEFT_INLINE void store(float* to, vfloat v) {
  std::memcpy(to, &v, sizeof v);
}

WEFT_INLINE vfloat splat(float x) {
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
  return _mm512_set1_ps(x);
#elif defined(__AVX2__) && defined(__FMA__)
  return _mm256_set1_ps(x);
#else
  return vfloat{x, x, x, x};
#endif
}

WEFT_INLINE vint as_int(vfloat v) {
  return reinterpret_cast<vint>(v);
}

WEFT_INLINE vfloat as_float(vint v) {
  return reinterpret_cast<vfloat>(v);
}

/// a · b + c; one rounding where the set has fused multiply-add, two where it has not.
WEFT_INLINE vfloat multiply_add(vfloat a, vfloat b, vfloat c) {
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__) && defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}

WEFT_INLINE vfloat larger(vfloat a, vfloat b) {
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
  return _mm512_mask_max_ps(a, 0xffff, a, b); // the plain one draws false warnings from g++ 12
#elif defined(__AVX2__) && defined(__FMA__)
  return _mm256_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

WEFT_INLINE vfloat smaller(vfloat a, vfloat b) {
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
  return _mm512_mask_min_ps(a, 0xffff, a, b);
#elif defined(__AVX2__) && defined(__FMA__)
  return _mm256_min_ps(a, b);
#else
  return a < b ? a : b;
#endif
}

/// Folds lane i with lane i + n/2, then the half that is left, down to one lane: always in the same order.
template <class Vector, class Combine> WEFT_INLINE float fold_lanes(Vector v, Combine combine) {
  if constexpr (sizeof(Vector) == 64) {
    return fold_lanes(combine(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7),
                              __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)),
                      combine);
  } else if constexpr (sizeof(Vector) == 32) {
    return fold_lanes(combine(__builtin_shufflevector(v, v, 0, 1, 2, 3), __builtin_shufflevector(v, v, 4, 5, 6, 7)),
                      combine);
  } else {
    const Vector half = combine(v, __builtin_shufflevector(v, v, 2, 3, 2, 3));
    return combine(half, __builtin_shufflevector(half, half, 1, 1, 1, 1))[0];
  }
}

WEFT_INLINE float sum_of(vfloat v) {
  return fold_lanes(v, [](auto a, auto b) { return a + b; });
}

WEFT_INLINE float largest_of(vfloat v) {
  return fold_lanes(v, [](auto a, auto b) { return a > b ? a : b; });
}

} // namespace weft::inline WEFT_ISA
