#include "runtime/compute/cpu/int16_quantize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace weft;

int64_t l1(const std::vector<int16_t>& q) {
  int64_t sum = 0;
  for (const int16_t v : q)
    sum += std::abs(static_cast<int64_t>(v));
  return sum;
}

} // namespace

TEST_CASE("no column of weights, however shaped, can overflow 32 bits") {
  struct shape {
    std::string name;
    std::function<float(std::mt19937&, size_t)> weight;
  };
  const std::vector<shape> shapes{
      {"normal", [](auto& g, size_t) { return std::normal_distribution<float>(0, 0.05f)(g); }},
      {"all equal", [](auto&, size_t) { return 0.25f; }},
      {"one spike", [](auto&, size_t i) { return i == 3 ? 1e6f : 1e-6f; }},
      {"alternating huge", [](auto&, size_t i) { return i % 2 ? 3e38f : -3e38f; }},
      {"tiny", [](auto&, size_t) { return 1e-29f; }},
  };
  constexpr uint32_t seed = 11;
  std::mt19937 generator(seed);
  for (const auto& s : shapes)
    for (const size_t k : {2u, 32u, 384u, 1536u, 4096u}) {
      CAPTURE(s.name);
      CAPTURE(k);
      std::vector<float> weights(k);
      for (size_t i = 0; i < k; ++i)
        weights[i] = s.weight(generator, i);
      std::vector<int16_t> q(k);
      quantize_column(weights, q);
      // The worst activation of all: every value at its limit, with the sign of its weight.
      const int64_t worst = l1(q) * int16_activation_max;
      CHECK(worst <= std::numeric_limits<int32_t>::max());
      CHECK(*std::min_element(q.begin(), q.end()) > std::numeric_limits<int16_t>::min());
    }
}

TEST_CASE("a quantised weight is off by at most half a step, and steps are fine") {
  constexpr uint32_t seed = 12;
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, 0.05f);
  std::vector<float> weights(384);
  for (auto& w : weights)
    w = normal(generator);
  std::vector<int16_t> q(weights.size());
  const float scale = quantize_column(weights, q);
  for (size_t i = 0; i < weights.size(); ++i)
    CHECK(std::abs(weights[i] - scale * q[i]) <= 0.5001f * scale);
  CHECK(scale < 0.05f / 500);
}

TEST_CASE("a column of zeros has scale 0") {
  const std::vector<float> weights(64);
  std::vector<int16_t> q(64, 1);
  CHECK(quantize_column(weights, q) == 0);
  CHECK(l1(q) == 0);
}
