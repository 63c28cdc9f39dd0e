#include "runtime/compute/cpu/cpu_precision.hpp"
#include "runtime/compute/cpu/encoder_int16.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;

struct variant {
  std::string name;
  cpu_encoder_factory_ptr encoders;
  size_t text_step; ///< tests take every so many texts: all where the kernels are fast
};

/// Every int16 encoder that this CPU runs.
std::vector<variant> variants() {
  std::vector<variant> out;
  for (auto isa :
       {int16_isa::portable, int16_isa::avx2, int16_isa::avx2_vnni, int16_isa::avx512, int16_isa::avx512_vnni})
    if (const auto* kernels = find_int16_kernels(isa))
      out.push_back({std::string(kernels->name),
                     make_int16_encoder_factory(golden_weights(), *kernels, best_vector_kernels()),
                     isa == int16_isa::portable ? 7u : 1u});
  return out;
}

} // namespace

TEST_CASE("int16 vectors agree with fp32 to cosine 0.9999 for every golden text") {
  const auto fp32 = make_fp32_encoder_factory(golden_weights())->make();
  for (const auto& v : variants()) {
    CAPTURE(v.name);
    const auto texts = some_golden_texts(v.text_step);
    const auto vectors = encode_alone(*v.encoders->make(), texts);
    const auto reference = encode_alone(*fp32, texts);
    double least = 1;
    for (size_t i = 0; i < vectors.size(); ++i)
      least = std::min(least, cosine(vectors[i], reference[i]));
    MESSAGE(v.name << ": cosine to fp32 >= " << least);
    CHECK(least >= 0.9999);
  }
}

TEST_CASE("a text has the same int16 vector to the bit, alone and in any mix of 2 to 256 texts, from any encoder") {
  for (const auto& v : variants()) {
    if (v.text_step > 1)
      continue;
    CAPTURE(v.name);
    const auto one = v.encoders->make();
    const auto other = v.encoders->make();
    constexpr uint32_t seed = 8;
    std::mt19937 draw(seed);
    for (const auto& [count, tokens_max] : {std::pair{2, 256}, {3, 256}, {17, 64}, {64, 32}, {256, 12}}) {
      CAPTURE(count);
      const auto mix = draw_mix(draw, some_golden_texts(), static_cast<size_t>(count), static_cast<size_t>(tokens_max));
      CHECK(encode_batch(*one, mix) == encode_alone(*other, mix));
    }
  }
}

TEST_CASE("auto chooses bf16 on AMX, int16 on AVX2 and AVX-512") {
  CHECK(fastest_class({}) == numeric_class::fp32);
  CHECK(fastest_class({.avx2_fma = true}) == numeric_class::int16);
  CHECK(fastest_class({.avx2_fma = true, .avx512 = true}) == numeric_class::int16);
  CHECK(fastest_class({.avx2_fma = true, .avx512 = true, .amx_bf16 = true}) == numeric_class::bf16);
  CHECK(cpu_supports(fastest_class(this_cpu())));
}
