#include "runtime/points/quantize.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace weft;

TEST_CASE("the scale is the largest power of two that keeps every value within 127") {
  struct row {
    float largest, scale;
  };
  for (auto [largest, scale] : {row{1, 64},
                                {0.9921875F, 128},
                                {0.9921876F, 64},
                                {0.5F, 128},
                                {0.25F, 256},
                                {0.248F, 512},
                                {0, 1},
                                {127, 1},
                                {128, 0.5F}}) {
    CAPTURE(largest);
    const std::vector<float> values{0, -largest, largest / 3};
    CHECK(scale_of(values) == scale);
    CHECK(std::abs(int{quantize_points(values, 3).values[1]}) == static_cast<int>(std::nearbyint(largest * scale)));
  }
  CHECK(scale_of({}) == 1);
}

TEST_CASE("values round to nearest, halves to even, and stay within 127") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{0.5F,   1.5F,   2.5F,   -0.5F,  -1.5F,    -2.5F,     0.49999997F,   -0.51F,
                                  126.5F, 127.4F, 200.0F, -1e30F, infinity, -infinity, std::nanf(""), -0.0F};
  const std::vector<int8_t> want{0, 2, 2, 0, -2, -2, 0, -1, 126, 127, 127, -127, 127, -127, 0, 0};
  CHECK(quantize_points(values, 4, 1).values == want);
  CHECK(quantize_points(values, 4, 1).points() == 4);
}

TEST_CASE("products say the cosine") {
  random_source draw(3);
  for (const uint32_t dimensions : {32u, 384u, 1'024u}) {
    CAPTURE(dimensions);
    const auto rows = clustered_rows(draw, 60, dimensions, 5, 1);
    const auto points = quantize_points(rows, dimensions);
    const auto products = run_similarity({dimensions, points.values, points.values}).products;
    double squares = 0, worst = 0;
    for (size_t a = 0; a < 60; ++a)
      for (size_t b = 0; b < 60; ++b) {
        double cosine = 0;
        for (size_t d = 0; d < dimensions; ++d)
          cosine += double{rows[a * dimensions + d]} * rows[b * dimensions + d];
        const double error = std::abs(cosine - cosine_of(products[a * 60 + b], points.scale, points.scale));
        worst = std::max(worst, error);
        squares += error * error;
      }
    CHECK(std::sqrt(squares / 3'600) < 0.004);
    CHECK(worst < 0.015);
  }
  CHECK(cosine_of(64 * 64 + 100, 64, 64) == 1);
  CHECK(cosine_of(-2 * 64 * 64, 64, 64) == -1);
}
