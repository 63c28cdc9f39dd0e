#include "runtime/compute/cpu/int16_kernels.hpp"
#include "runtime/compute/cpu/int16_quantize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace weft;

std::vector<const int16_kernels*> kernel_sets() {
  std::vector<const int16_kernels*> found;
  for (auto isa :
       {int16_isa::portable, int16_isa::avx2, int16_isa::avx2_vnni, int16_isa::avx512, int16_isa::avx512_vnni})
    if (const auto* kernels = find_int16_kernels(isa))
      found.push_back(kernels);
  return found;
}

/// A product with everything it points to.
struct sample {
  size_t m, n, k;
  std::vector<int16_t> a, b, panels;
  std::vector<float> row_scales, column_scales, bias, c;

  sample(std::mt19937& draw, size_t rows, size_t columns, size_t depth) : m(rows), n(columns), k(depth) {
    std::uniform_int_distribution<int> activation(-int16_activation_max, int16_activation_max);
    std::normal_distribution<float> normal(0, 1);
    a.resize(m * k);
    for (auto& v : a)
      v = static_cast<int16_t>(activation(draw));
    b.resize(n * k);
    panels.resize(n * k);
    column_scales.resize(n);
    std::vector<float> weights(k);
    for (size_t j = 0; j < n; ++j) {
      for (auto& w : weights)
        w = normal(draw);
      column_scales[j] = quantize_column(weights, {b.data() + j * k, k});
    }
    row_scales.resize(m);
    for (auto& s : row_scales)
      s = std::abs(normal(draw)) / int16_activation_max;
    bias.resize(n);
    for (auto& v : bias)
      v = normal(draw);
    c.resize(m * n);
    for (auto& v : c)
      v = normal(draw);
  }

  int16_product product(const int16_kernels& kernels) {
    kernels.pack(b.data(), n, k, panels.data());
    return {.a = a.data(),
            .row_scales = row_scales.data(),
            .m = m,
            .panels = panels.data(),
            .column_scales = column_scales.data(),
            .bias = bias.data(),
            .n = n,
            .k = k,
            .c = c.data(),
            .c_stride = n};
  }

  /// The product of one element without its epilogue, in double precision from exact integers.
  double at(size_t r, size_t j) const {
    int64_t sum = 0;
    for (size_t i = 0; i < k; ++i)
      sum += static_cast<int64_t>(a[r * k + i]) * b[j * k + i];
    REQUIRE(std::abs(sum) <= std::numeric_limits<int32_t>::max());
    return static_cast<double>(sum) * row_scales[r] * column_scales[j];
  }
};

double gelu(double x) {
  return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
}

} // namespace

TEST_CASE("products with their epilogues equal scalar ones in double precision, for any rows, columns and depth") {
  constexpr uint32_t seed = 21;
  std::mt19937 draw(seed);
  for (int round = 0; round < 24; ++round) {
    const size_t m = 1 + draw() % 40;
    const size_t n = 32 * (1 + draw() % 4);
    const size_t k = 2 * (1 + draw() % 200);
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(k);
    const sample original(draw, m, n, k);
    for (const auto* kernels : kernel_sets()) {
      CAPTURE(kernels->name);
      auto s = original;
      // Errors relative to the argument: GELU's polynomial is exact to 3e-7 of it far from 0.
      const auto largest_error = [&](auto&& argument, auto&& function) {
        double error = 0;
        for (size_t r = 0; r < m; ++r)
          for (size_t j = 0; j < n; ++j) {
            const double x = argument(r, j);
            error = std::max(error, std::abs(s.c[r * n + j] - function(x)) / (1 + std::abs(x)));
          }
        return error;
      };
      const auto same = [](double x) { return x; };
      const auto with_bias = [&](size_t r, size_t j) { return s.bias[j] + s.at(r, j); };
      const auto with_old = [&](size_t r, size_t j) { return original.c[r * n + j] + s.at(r, j); };
      kernels->linear_add(s.product(*kernels));
      CHECK(largest_error(with_old, same) < 1e-6);
      kernels->linear_bias(s.product(*kernels));
      CHECK(largest_error(with_bias, same) < 1e-6);
      kernels->linear_gelu(s.product(*kernels));
      CHECK(largest_error(with_bias, gelu) < 2e-6);
    }
  }
}

TEST_CASE("the worst activations reach the limit of 32 bits without passing it") {
  constexpr uint32_t seed = 22;
  std::mt19937 draw(seed);
  sample s(draw, 7, 32, 384);
  // Row r follows the signs of column r, so that element (r, r) is as large as any can be.
  for (size_t r = 0; r < s.m; ++r)
    for (size_t i = 0; i < s.k; ++i)
      s.a[r * s.k + i] = static_cast<int16_t>(s.b[r * s.k + i] < 0 ? -int16_activation_max : int16_activation_max);
  for (const auto* kernels : kernel_sets()) {
    CAPTURE(kernels->name);
    kernels->linear_bias(s.product(*kernels));
    for (size_t r = 0; r < s.m; ++r) {
      const double want = s.at(r, r) + s.bias[r];
      CHECK(want > 0.98 * std::numeric_limits<int32_t>::max() * s.row_scales[r] * s.column_scales[r] + s.bias[r]);
      CHECK(s.c[r * s.n + r] == doctest::Approx(want).epsilon(1e-6));
    }
  }
}

TEST_CASE("a row's product is the same to the bit whatever rows stand beside it, and with every instruction set") {
  constexpr uint32_t seed = 23;
  std::mt19937 draw(seed);
  const sample original(draw, 53, 64, 128);
  std::vector<float> first;
  for (const auto* kernels : kernel_sets()) {
    CAPTURE(kernels->name);
    auto s = original;
    kernels->linear_bias(s.product(*kernels));
    const auto all = s.c;
    for (const size_t from : {0u, 5u, 11u, 52u}) {
      auto p = s.product(*kernels);
      std::vector<float> one(s.n);
      p.a += from * s.k;
      p.row_scales += from;
      p.m = 1;
      p.c = one.data();
      kernels->linear_bias(p);
      CHECK(one == std::vector<float>(all.begin() + from * s.n, all.begin() + (from + 1) * s.n));
    }
    // The portable set has no fused multiply-add in its epilogue; the sums behind it are equal all the same.
    if (kernels->name == "portable")
      continue;
    if (first.empty())
      first = all;
    CHECK(all == first);
  }
}

TEST_CASE("quantised rows are off by at most half a step of their own scale") {
  constexpr uint32_t seed = 24;
  std::mt19937 draw(seed);
  std::normal_distribution<float> normal(0, 1);
  constexpr size_t rows = 9;
  for (const size_t k : {32u, 96u, 384u})
    for (const auto* kernels : kernel_sets()) {
      CAPTURE(kernels->name);
      CAPTURE(k);
      std::vector<float> x(rows * k);
      for (size_t i = 0; i < x.size(); ++i)
        x[i] = normal(draw) * std::pow(10.0f, static_cast<float>(i / k) - 4);
      std::fill_n(x.begin() + 3 * k, k, 0.0f);
      std::fill_n(x.begin() + 5 * k, k, 1e-38f);
      std::vector<int16_t> q(rows * k, 77);
      std::vector<float> scales(rows, -1);
      kernels->quantize_rows(x.data(), rows, k, q.data(), scales.data());
      for (size_t i = 0; i < x.size(); ++i) {
        CHECK(std::abs(q[i]) <= int16_activation_max);
        CHECK(std::abs(x[i] - scales[i / k] * q[i]) <= 0.501f * scales[i / k] + 1e-30f);
      }
      CHECK(scales[3] == 0);
      CHECK(scales[5] == 0);
    }
}
