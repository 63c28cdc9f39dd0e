#pragma once

#include "runtime/base/random_source.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

namespace weft {

/// Any int8, -128 too.
inline std::vector<int8_t> random_points(random_source& draw, size_t count, size_t dimensions) {
  std::vector<int8_t> points(count * dimensions);
  for (auto& x : points)
    x = static_cast<int8_t>(draw.next() >> 56);
  return points;
}

/// Sum of twelve, nearly normal: mean 0, variance 1.
inline float nearly_normal(random_source& draw) {
  double sum = -6;
  for (int i = 0; i < 12; ++i)
    sum += draw.unit();
  return static_cast<float>(sum);
}

inline void normalize(float* row, size_t dimensions) {
  double squares = 0;
  for (size_t d = 0; d < dimensions; ++d)
    squares += double{row[d]} * row[d];
  for (size_t d = 0; d < dimensions; ++d)
    row[d] = static_cast<float>(row[d] / std::sqrt(squares));
}

/// Rows of length 1 around `topics` directions, row i around direction i modulo topics; spread 0: all the same. The
/// rows' cosine to their direction is about 1/√(1 + spread²).
inline std::vector<float> clustered_rows(random_source& draw, size_t count, size_t dimensions, size_t topics,
                                         float spread) {
  std::vector<float> centers(topics * dimensions);
  for (auto& x : centers)
    x = nearly_normal(draw);
  std::vector<float> rows(count * dimensions);
  for (size_t r = 0; r < count; ++r) {
    for (size_t d = 0; d < dimensions; ++d)
      rows[r * dimensions + d] = centers[r % topics * dimensions + d] + spread * nearly_normal(draw);
    normalize(rows.data() + r * dimensions, dimensions);
  }
  return rows;
}

} // namespace weft
