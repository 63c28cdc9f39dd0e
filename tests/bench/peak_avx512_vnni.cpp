#include "tests/bench/peak_loops.hpp"

#include <immintrin.h>

namespace weft::bench {

double run_dot_avx512_vnni(uint64_t steps) {
  constexpr int sums = 20;
  __m512i sum[sums];
  for (auto& s : sum)
    s = _mm512_setzero_si512();
  __m512i a = _mm512_set1_epi16(3);
  for (uint64_t i = 0; i < steps; ++i) {
    asm volatile("" : "+v"(a));
#pragma GCC unroll 20
    for (auto& s : sum)
      s = _mm512_dpwssd_epi32(s, a, a);
  }
  for (auto& s : sum)
    asm volatile("" ::"v"(s));
  return static_cast<double>(steps) * sums * 32 * 2;
}

} // namespace weft::bench
