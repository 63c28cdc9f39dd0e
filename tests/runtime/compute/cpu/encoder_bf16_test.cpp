#include "runtime/compute/cpu/encoder_bf16.hpp"
#include "tests/runtime/compute/cpu/bf16_variants.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace {

using namespace weft;

bool emulated(const bf16_kernels& kernels) {
  return &kernels == &emulated_bf16_kernels();
}

std::unique_ptr<cpu_encoder> make(const bf16_kernels& kernels) {
  return make_bf16_encoder_factory(golden_weights(), kernels, best_vector_kernels())->make();
}

} // namespace

TEST_CASE("bf16 vectors agree with fp32 to cosine 0.9995 for every golden text") {
  const auto fp32 = make_fp32_encoder_factory(golden_weights())->make();
  for (const auto* kernels : bf16_variants()) {
    CAPTURE(kernels->name);
    // Emulated tiles are a hundred times slower than fp32: every ninth text.
    const auto texts = some_golden_texts(emulated(*kernels) ? 9 : 1);
    const auto vectors = encode_alone(*make(*kernels), texts);
    const auto reference = encode_alone(*fp32, texts);
    double least = 1;
    for (size_t i = 0; i < vectors.size(); ++i)
      least = std::min(least, cosine(vectors[i], reference[i]));
    MESSAGE(kernels->name << ": cosine to fp32 >= " << least << ", " << texts.size() << " texts");
    CHECK(least >= 0.9995);
  }
}

TEST_CASE("a text has the same bf16 vector to the bit, alone and in any mix of texts, from any encoder") {
  for (const auto* kernels : bf16_variants()) {
    CAPTURE(kernels->name);
    const auto one = make(*kernels);
    const auto other = make(*kernels);
    constexpr uint32_t seed = 9;
    std::mt19937 draw(seed);
    std::vector<std::pair<size_t, size_t>> mixes{{2, 40}, {5, 20}, {9, 12}};
    if (!emulated(*kernels))
      mixes = {{2, 256}, {3, 256}, {17, 64}, {64, 32}, {256, 12}};
    for (const auto& [count, tokens_max] : mixes) {
      CAPTURE(count);
      const auto mix = draw_mix(draw, some_golden_texts(), count, tokens_max);
      CHECK(encode_batch(*one, mix) == encode_alone(*other, mix));
    }
  }
}
