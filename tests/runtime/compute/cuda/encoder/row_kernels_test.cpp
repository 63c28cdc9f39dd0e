#include "runtime/compute/cuda/encoder/embedding.cuh"
#include "runtime/compute/cuda/encoder/gelu.cuh"
#include "runtime/compute/cuda/encoder/layer_norm.cuh"
#include "runtime/compute/cuda/encoder/pooling.cuh"
#include "tests/runtime/compute/cuda/encoder/random_values.hpp"

#include <doctest/doctest.h>

namespace {

using namespace weft;
using namespace weft::cuda;
using emulator::launch;

/// gamma, beta and a bias of random numbers.
struct random_norm {
  random_norm(random_source& draw, uint32_t hidden)
      : gamma(random_floats(draw, hidden)), beta(random_floats(draw, hidden)), bias(random_floats(draw, hidden)) {}
  norm_parameters parameters() const {
    return {gamma.data(), beta.data(), 1e-12f, static_cast<uint32_t>(gamma.size())};
  }
  std::vector<float> gamma, beta, bias;
};

/// The definition, in double. rows: [rows, hidden].
std::vector<double> exact_norm(const std::vector<double>& rows, const random_norm& norm) {
  const size_t hidden = norm.gamma.size();
  std::vector<double> out(rows.size());
  for (size_t begin = 0; begin < rows.size(); begin += hidden) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < hidden; ++i)
      mean += rows[begin + i] / static_cast<double>(hidden);
    for (size_t i = 0; i < hidden; ++i)
      variance += (rows[begin + i] - mean) * (rows[begin + i] - mean) / static_cast<double>(hidden);
    for (size_t i = 0; i < hidden; ++i)
      out[begin + i] = (rows[begin + i] - mean) / std::sqrt(variance + 1e-12) * norm.gamma[i] + norm.beta[i];
  }
  return out;
}

/// Values of a norm times gamma reach about 16 here: so much of the class's rounding, and some of fp32's sums.
template <class T> constexpr double norm_tolerance = 16 * epsilon_of<T> + 2e-5;

template <class T> void check_norm(uint32_t rows, uint32_t hidden) {
  CAPTURE(rows);
  CAPTURE(hidden);
  random_source draw(rows * 1'000 + hidden);
  const random_norm norm(draw, hidden);
  const auto x = narrowed_all<T>(random_floats(draw, size_t{rows} * hidden, 3));
  auto twin = x, out = x;
  layer_norm_cpu(twin.data(), norm.parameters(), rows);
  const auto kernel = hidden <= 384 ? layer_norm_kernel<T, norm_pairs_small> : layer_norm_kernel<T, norm_pairs_large>;
  launch(
      {.grid = {(rows + norm_rows_block - 1) / norm_rows_block}, .block = {norm_rows_block * warp_size}, .seed = rows},
      [&] { kernel(out.data(), norm.parameters(), rows); });
  const auto got = widened_all<double>(out);
  CHECK(largest_distance(got, widened_all<double>(twin)) <= norm_tolerance<T>);
  CHECK(largest_distance(got, exact_norm(widened_all<double>(x), norm)) <= norm_tolerance<T>);
}

template <class T> void check_embed(uint32_t tokens, uint32_t hidden) {
  CAPTURE(tokens);
  CAPTURE(hidden);
  random_source draw(tokens * 77 + hidden);
  constexpr uint32_t vocabulary = 50, places = 20;
  const random_norm norm(draw, hidden);
  const auto words = random_floats(draw, size_t{vocabulary} * hidden);
  const auto positions = random_floats(draw, size_t{places} * hidden);
  const embedding_tables tables{words.data(), positions.data(), norm.bias.data()};
  std::vector<int32_t> ids;
  std::vector<uint32_t> at;
  std::vector<double> sums;
  for (uint32_t t = 0; t < tokens; ++t) {
    ids.push_back(static_cast<int32_t>(draw.below(vocabulary)));
    at.push_back(draw.below(places));
    for (uint32_t i = 0; i < hidden; ++i)
      sums.push_back(double{words[static_cast<uint32_t>(ids[t]) * hidden + i]} + norm.bias[i] +
                     positions[at[t] * hidden + i]);
  }
  std::vector<T> out(size_t{tokens} * hidden), twin(out.size());
  embed_cpu(ids.data(), at.data(), tables, norm.parameters(), tokens, twin.data());
  const auto kernel = hidden <= 384 ? embed_kernel<T, norm_pairs_small> : embed_kernel<T, norm_pairs_large>;
  launch({.grid = {(tokens + norm_rows_block - 1) / norm_rows_block}, .block = {norm_rows_block * warp_size}},
         [&] { kernel(ids.data(), at.data(), tables, norm.parameters(), tokens, out.data()); });
  const auto got = widened_all<double>(out);
  CHECK(largest_distance(got, widened_all<double>(twin)) <= norm_tolerance<T>);
  CHECK(largest_distance(got, exact_norm(sums, norm)) <= norm_tolerance<T>);
}

template <class T> void check_gelu(size_t chunks) {
  CAPTURE(chunks);
  random_source draw(chunks);
  auto x = narrowed_all<T>(random_floats(draw, chunks * value_chunk<T>::size, 3));
  auto twin = x;
  std::vector<double> exact;
  for (const auto value : widened_all<double>(x))
    exact.push_back(value / 2 * (1 + std::erf(value / std::sqrt(2.0))));
  gelu_cpu(twin.data(), twin.size());
  launch({.grid = {static_cast<unsigned>((chunks + gelu_threads - 1) / gelu_threads)}, .block = {gelu_threads}},
         [&] { gelu_kernel(x.data(), chunks); });
  CHECK(widened_all<float>(x) == widened_all<float>(twin));
  CHECK(largest_distance(widened_all<double>(x), exact) <= 16 * epsilon_of<T> + 1e-5);
}

template <class T> void check_pool(const std::vector<uint32_t>& lengths, uint32_t hidden, unsigned blocks) {
  CAPTURE(lengths.size());
  CAPTURE(hidden);
  CAPTURE(blocks);
  random_source draw(hidden + lengths.size());
  std::vector<uint32_t> offsets{0}, normalize;
  for (const auto length : lengths) {
    offsets.push_back(offsets.back() + length);
    normalize.push_back(draw.below(2));
  }
  const auto count = static_cast<uint32_t>(lengths.size());
  const auto x = narrowed_all<T>(random_floats(draw, size_t{offsets.back()} * hidden));
  const sequence_list sequences{&count, offsets.data(), normalize.data()};
  std::vector<float> out(size_t{count} * hidden), twin(out.size());
  std::vector<double> exact(out.size());
  for (size_t s = 0; s < count; ++s) {
    double squares = 0;
    for (size_t c = 0; c < hidden; ++c) {
      auto& mean = exact[s * hidden + c];
      for (size_t t = offsets[s]; t < offsets[s + 1]; ++t)
        mean += widen(x[t * hidden + c]) / double(lengths[s]);
      squares += mean * mean;
    }
    if (normalize[s])
      for (size_t c = 0; c < hidden; ++c)
        exact[s * hidden + c] /= std::sqrt(squares);
  }
  pool_cpu(x.data(), sequences, hidden, twin.data());
  launch({.grid = {blocks}, .block = {pooling_threads(hidden)}, .seed = hidden},
         [&] { pool_kernel(x.data(), sequences, hidden, out.data()); });
  CHECK(largest_distance(out, twin) <= 1e-6);
  CHECK(largest_distance(out, exact) <= 2e-6);
}

} // namespace

TEST_CASE("the norm at the end of a half layer is its twin's and the definition's") {
  for (const uint32_t hidden : {64u, 128u, 384u, 448u, 1'024u})
    for (const uint32_t rows : {1u, 4u, 5u, 22u}) {
      check_norm<float>(rows, hidden);
      check_norm<half_value>(rows, hidden);
      check_norm<bfloat_value>(rows, hidden);
    }
}

TEST_CASE("tokens are embedded as the twin and the definition do") {
  for (const uint32_t hidden : {64u, 384u, 1'024u})
    for (const uint32_t tokens : {1u, 3u, 19u}) {
      check_embed<float>(tokens, hidden);
      check_embed<half_value>(tokens, hidden);
      check_embed<bfloat_value>(tokens, hidden);
    }
}

TEST_CASE("GELU is the erf form, for any number of chunks") {
  for (const size_t chunks : {1u, 255u, 256u, 257u, 2'000u}) {
    check_gelu<float>(chunks);
    check_gelu<half_value>(chunks);
    check_gelu<bfloat_value>(chunks);
  }
}

TEST_CASE("the tanh form is at most 4.8e-4 off the erf form") {
  float largest = 0;
  for (float x = -10; x <= 10; x += 0.001f)
    largest = std::max(largest, std::abs(gelu_tanh_cpu(x) - gelu(x)));
  CHECK(largest <= 4.8e-4f);
  CHECK(largest >= 4e-4f); // it is another form
}

TEST_CASE("vectors are means, of length 1 where that is asked, with more sequences than blocks too") {
  for (const uint32_t hidden : {64u, 96u, 384u, 1'024u})
    for (const unsigned blocks : {1u, 3u, 12u})
      for (const auto& lengths : {std::vector<uint32_t>{1}, {2, 1, 30}, {5, 5, 5, 5, 1, 64, 9}}) {
        check_pool<float>(lengths, hidden, blocks);
        check_pool<half_value>(lengths, hidden, blocks);
      }
}

TEST_CASE("no sequences and a row of zeros give nothing and zeros") {
  const std::vector<float> x(64);
  const std::vector<uint32_t> offsets{0, 1}, normalize{1};
  for (const uint32_t count : {0u, 1u}) {
    std::vector<float> out(64, 7);
    launch({.grid = {2}, .block = {pooling_threads(64)}}, [&] {
      pool_kernel(x.data(), {&count, offsets.data(), normalize.data()}, 64, out.data());
    });
    CHECK(out == std::vector<float>(64, count == 0 ? 7.0f : 0.0f));
  }
}

TEST_CASE("numbers are rounded to nearest even, and come back as they are") {
  for (const float exact : {0.0f, 1.0f, -2.5f, 0.333251953125f, 65'504.0f})
    CHECK(widen(narrowed<half_value>(exact)) == exact);
  for (const float exact : {0.0f, 1.0f, -2.5f, 0.333984375f})
    CHECK(widen(narrowed<bfloat_value>(exact)) == exact);
  CHECK(widen(narrowed<bfloat_value>(1 + 0x1p-8f)) == 1); // a tie goes to the even one
  CHECK(widen(narrowed<bfloat_value>(1 + 3 * 0x1p-8f)) == 1 + 0x1p-6f);
  CHECK(packed<half_value>(1, -2) == 0xC000'3C00);
}
