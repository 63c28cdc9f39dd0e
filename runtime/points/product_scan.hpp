#pragma once

#include "runtime/points/product_lanes.hpp"

#include <cstring>

namespace weft::inline WEFT_POINTS_ISA {

/// Points whose bytes fill one vector of elements.
inline constexpr size_t chunk_dimensions = lanes * step_dimensions;

/// So many bytes as elements, in the form that multiply_add() wants of columns.
[[gnu::always_inline]] inline element_lanes widen(const int8_t* from) {
#if defined(__AVX512VNNI__)
  element_lanes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes ^ static_cast<int8_t>(-128); // as in pack_panel
#elif defined(__AVX512BW__)
  return reinterpret_cast<element_lanes>(
      _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
#elif defined(__AVX2__)
  return reinterpret_cast<element_lanes>(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(__SSE2__)
  const auto bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<element_lanes>(_mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8));
#else
  element_lanes out = {};
  for (size_t d = 0; d < chunk_dimensions; ++d)
    out[d] = from[d];
  return out;
#endif
}

[[gnu::always_inline]] inline int32_t sum_of(sum_lanes sums) {
  using four = int32_t __attribute__((vector_size(16)));
  four parts[lanes / 4];
  std::memcpy(parts, &sums, sizeof sums);
  four all = parts[0];
#pragma GCC unroll 8
  for (size_t i = 1; i < lanes / 4; ++i)
    all += parts[i];
  return all[0] + all[1] + all[2] + all[3];
}

inline void scan(const std::byte* row, const int8_t* points, size_t count, size_t dimensions, int32_t* out) {
  const size_t chunks = dimensions / chunk_dimensions, left = dimensions % chunk_dimensions;
  int32_t correction;
  std::memcpy(&correction, row + steps_of(dimensions) * 4, sizeof correction);
  element_lanes row_end = {}; // without the correction behind it
  std::memcpy(&row_end, row + chunks * sizeof row_end, left * sizeof(element));
  for (size_t p = 0; p < count; ++p, points += dimensions) {
    sum_lanes sums = {};
    for (size_t c = 0; c < chunks; ++c) {
      element_lanes query;
      std::memcpy(&query, row + c * sizeof query, sizeof query);
      sums = multiply_add(widen(points + c * chunk_dimensions), query, sums);
    }
    if (left > 0) {
      int8_t point_end[chunk_dimensions] = {};
      std::memcpy(point_end, points + chunks * chunk_dimensions, left);
      sums = multiply_add(widen(point_end), row_end, sums);
    }
    out[p] = sum_of(sums) + correction;
  }
}

} // namespace weft::inline WEFT_POINTS_ISA
