#include "runtime/compute/cpu/encoder_fp32.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;

struct variant {
  std::string name;
  cpu_encoder_factory_ptr encoders;
  bool equal_to_the_bit; ///< a text's vector does not depend on its batch at all
  size_t text_step;      ///< tests take every so many texts: all where the kernels are fast
};

/// Every fp32 encoder that this build and this CPU have.
std::vector<variant> variants() {
  std::vector<variant> out;
  for (auto isa : {vector_isa::portable, vector_isa::avx2, vector_isa::avx512})
    if (const auto* kernels = find_vector_kernels(isa))
      out.push_back({std::string(kernels->name), make_fp32_vector_factory(golden_weights(), *kernels), true,
                     kernels == &best_vector_kernels() ? 1u : 5u});
  if (auto onednn = make_fp32_onednn_factory(golden_weights()))
    out.push_back({"onednn", std::move(onednn), false, 1});
  return out;
}

} // namespace

TEST_CASE("a known sentence has its known vector") {
  const golden_text sentence{.ids = {101, 2023, 2003, 2019, 2742, 6251, 102}};
  const std::array<float, 3> want{0.06765693f, 0.06349593f, 0.04871314f};
  for (const auto& v : variants()) {
    CAPTURE(v.name);
    const auto* one = &sentence;
    const auto out = encode_batch(*v.encoders->make(), {&one, 1}).front();
    double squares = 0;
    for (const float x : out)
      squares += static_cast<double>(x) * x;
    for (size_t i = 0; i < want.size(); ++i)
      CHECK(std::abs(out[i] / std::sqrt(squares) - want[i]) < 1e-6);
  }
}

TEST_CASE("golden texts have as many tokens as sentence-transformers reads") {
  CHECK(golden_texts().size() >= 200);
  for (const auto& text : golden_texts()) {
    CAPTURE(text.text);
    CHECK(text.ids.size() == text.tokens);
  }
}

TEST_CASE("fp32 vectors are those of sentence-transformers: cosine 0.99999, difference 1e-4") {
  for (const auto& v : variants()) {
    CAPTURE(v.name);
    const auto texts = some_golden_texts(v.text_step);
    const auto vectors = encode_alone(*v.encoders->make(), texts);
    double cosine_least = 1;
    double difference_most = 0;
    for (size_t i = 0; i < vectors.size(); ++i) {
      cosine_least = std::min(cosine_least, cosine(vectors[i], texts[i]->vector));
      difference_most = std::max(difference_most, largest_difference(vectors[i], texts[i]->vector));
    }
    MESSAGE(v.name << ": cosine >= " << cosine_least << ", |difference| <= " << difference_most);
    CHECK(cosine_least >= 0.99999);
    CHECK(difference_most <= 1e-4);
  }
}

TEST_CASE("a text has the same fp32 vector alone and in any mix of 2 to 256 texts") {
  for (const auto& v : variants()) {
    CAPTURE(v.name);
    const auto encoder = v.encoders->make();
    constexpr uint32_t seed = 7;
    std::mt19937 draw(seed);
    for (const auto& [count, tokens_max] : {std::pair{2, 256}, {3, 256}, {17, 64}, {64, 32}, {256, 12}}) {
      CAPTURE(count);
      const auto mix = draw_mix(draw, some_golden_texts(), static_cast<size_t>(count), static_cast<size_t>(tokens_max));
      const auto together = encode_batch(*encoder, mix);
      const auto alone = encode_alone(*encoder, mix);
      for (size_t i = 0; i < mix.size(); ++i) {
        CHECK(cosine(together[i], alone[i]) >= 0.99999);
        if (v.equal_to_the_bit)
          CHECK(together[i] == alone[i]);
      }
    }
  }
}

TEST_CASE("4096 sequences of two tokens go in one call") {
  const golden_text empty{.ids = {101, 102}};
  const std::vector<const golden_text*> many(sanitized ? 256 : 4096, &empty);
  const auto rows = encode_batch(*make_fp32_encoder_factory(golden_weights())->make(), many);
  CHECK(cosine(rows.front(), golden_texts().front().vector) >= 0.99999);
  for (const auto& row : rows)
    REQUIRE(row == rows.front());
}
