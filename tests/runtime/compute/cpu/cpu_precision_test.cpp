#include "runtime/compute/cpu/cpu_precision.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>

using namespace weft;

TEST_CASE("every class of the table that this CPU runs agrees with fp32 to cosine 0.9995 on every golden text") {
  const auto texts = some_golden_texts();
  for (const auto& row : precision_table()) {
    if (!(this_cpu().*row.feature))
      continue;
    CAPTURE(to_string(row.fastest));
    REQUIRE(cpu_supports(row.fastest));
    const auto vectors = encode_alone(*make_encoder_factory(row.fastest, golden_weights())->make(), texts);
    double least = 1;
    for (size_t i = 0; i < texts.size(); ++i)
      least = std::min(least, cosine(vectors[i], texts[i]->vector));
    MESSAGE(to_string(row.fastest) << ": cosine >= " << least);
    CHECK(least >= 0.9995);
  }
}

TEST_CASE("auto is the first row of the table whose feature the CPU has, else fp32") {
  CHECK(fastest_class({}) == numeric_class::fp32);
  for (const auto& row : precision_table()) {
    cpu_features cpu;
    cpu.*row.feature = true;
    CHECK(fastest_class(cpu) == row.fastest);
  }
  const auto chosen = resolve_precision(precision::automatic);
  REQUIRE(chosen);
  CHECK(*chosen == fastest_class(this_cpu()));
  CHECK(cpu_supports(*chosen));
}

TEST_CASE("a class is resolved to itself, or refused with what to do where the CPU has it not") {
  for (const auto& [wanted, named] : {std::pair{precision::fp32, numeric_class::fp32},
                                      {precision::int16, numeric_class::int16},
                                      {precision::bf16, numeric_class::bf16}}) {
    CAPTURE(to_string(named));
    const auto chosen = resolve_precision(wanted);
    CHECK(static_cast<bool>(chosen) == cpu_supports(named));
    if (chosen)
      CHECK(*chosen == named);
    else {
      CHECK(chosen.error().code == errc::model_unusable);
      CHECK(chosen.error().message.find("auto") != std::string::npos);
    }
  }
  CHECK(cpu_supports(numeric_class::fp32));
}
