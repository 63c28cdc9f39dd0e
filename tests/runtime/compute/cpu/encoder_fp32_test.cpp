#include "runtime/compute/cpu/encoder_fp32.hpp"
#include "tests/support/model_directory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

namespace {

using namespace weft;

std::shared_ptr<const bert_weights> weights() {
  static const auto loaded = load_bert_weights(model_directory());
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
  return *loaded;
}

} // namespace

TEST_CASE("a known sentence has its known vector with every instruction set") {
  const std::vector<int32_t> ids{101, 2023, 2003, 2019, 2742, 6251, 102};
  const std::vector<uint32_t> offsets{0, 7};
  const std::array<float, 3> want{0.06765693f, 0.06349593f, 0.04871314f};
  for (auto isa : {vector_isa::portable, vector_isa::avx2, vector_isa::avx512}) {
    const auto* kernels = find_vector_kernels(isa);
    if (!kernels)
      continue;
    CAPTURE(kernels->name);
    const auto encoder = make_fp32_vector_factory(weights(), *kernels)->make();
    std::vector<float> out(384);
    encoder->encode({ids, offsets}, out);
    double squares = 0;
    for (const float x : out)
      squares += static_cast<double>(x) * x;
    for (size_t i = 0; i < want.size(); ++i)
      CHECK(out[i] / std::sqrt(squares) == doctest::Approx(want[i]).epsilon(1e-5));
  }
}
