#include "tests/bench/peak_loops.hpp"

#include <immintrin.h>

namespace weft::bench {

double run_fma_avx2(uint64_t steps) {
  constexpr int sums = 12; // covers a latency of 5 cycles at two a cycle, and leaves registers for the factors
  __m256 sum[sums];
  for (auto& s : sum)
    s = _mm256_setzero_ps();
  __m256 a = _mm256_set1_ps(0.999f);
  for (uint64_t i = 0; i < steps; ++i) {
    asm volatile("" : "+x"(a)); // keeps the compiler from doing the loop once
#pragma GCC unroll 12
    for (auto& s : sum)
      s = _mm256_fmadd_ps(a, a, s);
  }
  for (auto& s : sum)
    asm volatile("" ::"x"(s));
  return static_cast<double>(steps) * sums * 8 * 2;
}

double run_madd_avx2(uint64_t steps) {
  constexpr int sums = 10;
  __m256i sum[sums];
  for (auto& s : sum)
    s = _mm256_setzero_si256();
  __m256i a = _mm256_set1_epi16(3);
  for (uint64_t i = 0; i < steps; ++i) {
#pragma GCC unroll 10
    for (auto& s : sum) {
      asm volatile("" : "+x"(a));
      s = _mm256_add_epi32(s, _mm256_madd_epi16(a, a));
    }
  }
  for (auto& s : sum)
    asm volatile("" ::"x"(s));
  return static_cast<double>(steps) * sums * 16 * 2;
}

} // namespace weft::bench
