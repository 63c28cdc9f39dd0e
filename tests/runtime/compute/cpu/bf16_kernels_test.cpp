#include "runtime/compute/cpu/aligned_array.hpp"
#include "runtime/compute/cpu/bf16_kernels.hpp"
#include "runtime/compute/cpu/bf16_value.hpp"
#include "tests/runtime/compute/cpu/bf16_variants.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using namespace weft;

std::vector<float> normals(std::mt19937& draw, size_t count, float scale = 1) {
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> out(count);
  for (auto& x : out)
    x = normal(draw);
  return out;
}

std::vector<uint16_t> narrowed(const std::vector<float>& x) {
  std::vector<uint16_t> out;
  for (const float v : x)
    out.push_back(to_bf16(v));
  return out;
}

double gelu(double x) {
  return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
}

/// One linear layer; a has bf16_rows(m) rows.
struct sample {
  size_t m, n, k;
  std::vector<uint16_t> a;
  std::vector<float> weight, bias;

  sample(std::mt19937& draw, size_t rows, size_t columns, size_t depth)
      : m(rows), n(columns), k(depth), a(narrowed(normals(draw, bf16_rows(m) * k))),
        weight(normals(draw, n * k, 1 / std::sqrt(static_cast<float>(k)))), bias(normals(draw, n)) {}

  /// a·B of one element in double precision, weights rounded as pack() rounds them.
  double at(size_t r, size_t j) const {
    double sum = 0;
    for (size_t i = 0; i < k; ++i)
      sum += static_cast<double>(from_bf16(a[r * k + i])) * from_bf16(to_bf16(weight[j * k + i]));
    return sum;
  }
};

/// Half a bf16 step of x, and what fp32 sums may lose.
double tolerance(double x) {
  return std::abs(x) / 256 + 1e-5;
}

} // namespace

TEST_CASE("bf16 linear layers with their epilogues equal scalar ones, for any rows, columns and depth") {
  constexpr uint32_t seed = 41;
  std::mt19937 draw(seed);
  const auto variants = bf16_variants();
  for (int round = 0; round < 16; ++round) {
    const size_t m = 1 + draw() % 80;
    const size_t n = 32 * (1 + draw() % 4);
    const size_t k = 32 * (1 + draw() % 13);
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(k);
    const sample s(draw, m, n, k);
    const auto start = normals(draw, bf16_rows(m) * n);
    for (const auto* kernels : variants) {
      CAPTURE(kernels->name);
      aligned_array<uint16_t> panels(n * k);
      kernels->pack(s.weight.data(), k, n, k, panels.data());
      const bf16_product p{s.a.data(), k, m, panels.data(), n, k, s.bias.data()};
      std::vector<uint16_t> with_bias(bf16_rows(m) * n), with_gelu(bf16_rows(m) * n);
      auto sums = start;
      kernels->begin();
      kernels->linear_bias(p, with_bias.data(), n);
      kernels->linear_gelu(p, with_gelu.data(), n);
      kernels->linear_add(p, sums.data(), n);
      kernels->end();
      size_t wrong = 0;
      for (size_t r = 0; r < m; ++r)
        for (size_t j = 0; j < n; ++j) {
          const double x = s.at(r, j);
          const double biased = x + s.bias[j];
          wrong += std::abs(from_bf16(with_bias[r * n + j]) - biased) > tolerance(biased);
          wrong += std::abs(from_bf16(with_gelu[r * n + j]) - gelu(biased)) > tolerance(gelu(biased)) + 2e-4;
          wrong += std::abs(sums[r * n + j] - (start[r * n + j] + x)) > 1e-5;
        }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("a row of a bf16 layer is the same to the bit whatever rows stand beside it") {
  constexpr uint32_t seed = 42;
  std::mt19937 draw(seed);
  const sample s(draw, 77, 64, 128);
  for (const auto* kernels : bf16_variants()) {
    CAPTURE(kernels->name);
    aligned_array<uint16_t> panels(s.n * s.k);
    kernels->pack(s.weight.data(), s.k, s.n, s.k, panels.data());
    const auto rows = [&](size_t first, size_t count) {
      std::vector<uint16_t> a(bf16_rows(count) * s.k), c(bf16_rows(count) * s.n);
      std::copy_n(s.a.begin() + static_cast<ptrdiff_t>(first * s.k), count * s.k, a.begin());
      kernels->begin();
      kernels->linear_gelu({a.data(), s.k, count, panels.data(), s.n, s.k, s.bias.data()}, c.data(), s.n);
      kernels->end();
      return c;
    };
    const auto all = rows(0, s.m);
    for (const auto& [first, count] : {std::pair<size_t, size_t>{0, 1}, {13, 16}, {30, 17}, {76, 1}}) {
      const auto some = rows(first, count);
      CHECK(std::equal(some.begin(), some.begin() + static_cast<ptrdiff_t>(count * s.n),
                       all.begin() + static_cast<ptrdiff_t>(first * s.n)));
    }
  }
}

TEST_CASE("bf16 attention equals softmax attention in double precision, for every length of tail") {
  constexpr uint32_t seed = 43;
  std::mt19937 draw(seed);
  constexpr size_t heads = 2, size = 32, hidden = heads * size;
  const auto variants = bf16_variants();
  for (const size_t length : {1u, 2u, 7u, 15u, 16u, 17u, 31u, 32u, 33u, 48u, 64u, 100u, 129u}) {
    CAPTURE(length);
    const auto qkv = narrowed(normals(draw, bf16_rows(length) * 3 * hidden, 1.5f));
    const auto at = [&](size_t token, size_t part, size_t head, size_t i) -> double {
      return from_bf16(qkv[token * 3 * hidden + part * hidden + head * size + i]);
    };
    for (const auto* kernels : variants) {
      CAPTURE(kernels->name);
      std::vector<uint16_t> out(length * hidden);
      aligned_array<unsigned char> scratch(bf16_attention_scratch(length));
      kernels->begin();
      kernels->attention(qkv.data(), length, heads, out.data(), scratch.data());
      kernels->end();
      double error = 0;
      for (size_t head = 0; head < heads; ++head)
        for (size_t q = 0; q < length; ++q) {
          std::vector<double> share(length);
          double sum = 0;
          for (size_t s = 0; s < length; ++s) {
            double score = 0;
            for (size_t i = 0; i < size; ++i)
              score += at(q, 0, head, i) * at(s, 1, head, i);
            sum += share[s] = std::exp(score / std::sqrt(static_cast<double>(size)));
          }
          for (size_t i = 0; i < size; ++i) {
            double want = 0;
            for (size_t s = 0; s < length; ++s)
              want += share[s] / sum * at(s, 2, head, i);
            error = std::max(error, std::abs(from_bf16(out[q * hidden + head * size + i]) - want));
          }
        }
      // Shares and results are rounded to 8 bits each; values are of the order of 1.5.
      CHECK(error < 0.02);
    }
  }
}

TEST_CASE("bias and layer norm equal those in double precision, and the bf16 rows are the same rounded") {
  constexpr uint32_t seed = 44;
  std::mt19937 draw(seed);
  constexpr size_t rows = 5, hidden = 384;
  const auto start = normals(draw, rows * hidden, 3);
  const auto bias = normals(draw, hidden);
  const auto gamma = normals(draw, hidden);
  const auto beta = normals(draw, hidden);
  for (const auto* kernels : bf16_variants()) {
    CAPTURE(kernels->name);
    auto x = start;
    std::vector<uint16_t> narrow(x.size());
    kernels->bias_layer_norm(x.data(), narrow.data(), rows, hidden, bias.data(), {gamma, beta}, 1e-12f);
    double error = 0;
    for (size_t r = 0; r < rows; ++r) {
      double mean = 0, variance = 0;
      for (size_t i = 0; i < hidden; ++i)
        mean += (start[r * hidden + i] + bias[i]) / static_cast<double>(hidden);
      for (size_t i = 0; i < hidden; ++i)
        variance += std::pow(start[r * hidden + i] + bias[i] - mean, 2) / static_cast<double>(hidden);
      for (size_t i = 0; i < hidden; ++i) {
        const double want = (start[r * hidden + i] + bias[i] - mean) / std::sqrt(variance) * gamma[i] + beta[i];
        error = std::max(error, std::abs(x[r * hidden + i] - want));
      }
    }
    CHECK(error < 1e-5);
    CHECK(narrow == narrowed(x));
  }
}

TEST_CASE("hardware tiles and emulated ones give the same sums") {
  const auto* amx = find_amx_bf16_kernels();
  if (!amx) {
    MESSAGE("not run: no AMX");
    return;
  }
  constexpr uint32_t seed = 45;
  std::mt19937 draw(seed);
  const sample s(draw, 61, 96, 384);
  std::vector<std::vector<float>> results;
  for (const auto* kernels : {amx, &emulated_bf16_kernels()}) {
    aligned_array<uint16_t> panels(s.n * s.k);
    kernels->pack(s.weight.data(), s.k, s.n, s.k, panels.data());
    std::vector<float> sums(bf16_rows(s.m) * s.n);
    kernels->begin();
    kernels->linear_add({s.a.data(), s.k, s.m, panels.data(), s.n, s.k, nullptr}, sums.data(), s.n);
    kernels->end();
    results.push_back(std::move(sums));
  }
  double difference = 0;
  for (size_t i = 0; i < results[0].size(); ++i)
    difference = std::max<double>(difference, std::abs(results[0][i] - results[1][i]));
  MESSAGE("largest difference " << difference);
  CHECK(difference < 2e-6);
}
