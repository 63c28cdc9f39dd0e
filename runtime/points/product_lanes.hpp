#pragma once

#include "runtime/points/product_layout.hpp"

#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace weft::inline WEFT_POINTS_ISA {

#if !defined(__SSE2__)
/// The lower half of each lane, with its sign.
[[gnu::always_inline]] inline sum_lanes half(sum_lanes x) {
  return reinterpret_cast<sum_lanes>(reinterpret_cast<unsigned_lanes>(x) << 16) >> 16;
}
#endif

/// sum + the products of the four bytes of each lane, all exact.
[[gnu::always_inline]] inline sum_lanes multiply_add(element_lanes column, element_lanes row, sum_lanes sum) {
#if defined(__AVX512VNNI__)
  return reinterpret_cast<sum_lanes>(_mm512_dpbusd_epi32(
      reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(column), reinterpret_cast<__m512i>(row)));
#elif defined(__AVX512BW__)
  return sum + reinterpret_cast<sum_lanes>(
                   _mm512_madd_epi16(reinterpret_cast<__m512i>(column), reinterpret_cast<__m512i>(row)));
#elif defined(__AVX2__)
  return sum + reinterpret_cast<sum_lanes>(
                   _mm256_madd_epi16(reinterpret_cast<__m256i>(column), reinterpret_cast<__m256i>(row)));
#elif defined(__SSE2__)
  return sum +
         reinterpret_cast<sum_lanes>(_mm_madd_epi16(reinterpret_cast<__m128i>(column), reinterpret_cast<__m128i>(row)));
#else
  const auto c = reinterpret_cast<sum_lanes>(column), r = reinterpret_cast<sum_lanes>(row);
  return sum + (c >> 16) * (r >> 16) + half(c) * half(r);
#endif
}

/// Four bytes of a row in every lane. The assembly is volatile to stay where it is written: g++ 12 otherwise moves all
/// broadcasts of a step before the first product and spills the sums.
[[gnu::always_inline]] inline element_lanes splat(const std::byte* from) {
#if defined(__AVX2__)
  element_lanes v;
  asm volatile("vpbroadcastd %1, %0" : "=v"(v) : "m"(*reinterpret_cast<const std::byte(*)[4]>(from)));
  return v;
#else
  int32_t bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return reinterpret_cast<element_lanes>(sum_lanes{} + bytes);
#endif
}

} // namespace weft::inline WEFT_POINTS_ISA
