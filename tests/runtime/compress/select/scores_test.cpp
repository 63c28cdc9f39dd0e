#include "runtime/compress/select/scores.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <doctest/doctest.h>

using namespace weft;
using weft::testing::document_builder;

TEST_CASE("term coverage: everything is 1, nothing is 0, rare words count more") {
  document_builder builder;
  builder.sentence("the depot").sentence("the river").sentence("the the");
  const auto& source = builder.made();
  CHECK(term_coverage(source, std::vector<uint32_t>{0, 1, 2}) == 1);
  CHECK(term_coverage(source, std::vector<uint32_t>{}) == 0);
  // log2(1 + 3/3) = 1 for "the", log2(1 + 3/1) = 2 for the others.
  CHECK(term_coverage(source, std::vector<uint32_t>{0}) == doctest::Approx(3.0 / 5));
  CHECK(term_coverage(source, std::vector<uint32_t>{2}) == doctest::Approx(1.0 / 5));
  CHECK(term_coverage(document{}, std::vector<uint32_t>{}) == 1);
}

TEST_CASE("coverage: the mean of the best cosine to a kept unit, from vectors as from products") {
  const std::vector<float> vectors{1, 0, 0, 1, 0.6f, 0.8f, -1, 0}; // four of two dimensions
  const std::vector<uint32_t> kept{0};
  CHECK(coverage(vectors, 2, kept) == doctest::Approx((1 + 0 + 0.6 + 0) / 4)); // the opposite counts as 0
  CHECK(coverage(vectors, 2, std::vector<uint32_t>{0, 1}) == doctest::Approx((1 + 1 + 0.8 + 0) / 4));
  CHECK(coverage(vectors, 2, std::vector<uint32_t>{}) == 0);
  CHECK(coverage(std::vector<int32_t>{100, 0, 0, 100, 60, 80, -100, 0}, 4, 100) == doctest::Approx(2.8 / 4));
  CHECK(coverage(std::vector<int32_t>{}, 0, 1) == 0);
}

TEST_CASE("fidelity: the cosine of mean vectors, weighted by tokens") {
  const std::vector<float> vectors{1, 0, 0, 1};
  const std::vector<uint32_t> tokens{3, 4};
  CHECK(fidelity(vectors, 2, tokens, std::vector<uint32_t>{0, 1}) == doctest::Approx(1));
  CHECK(fidelity(vectors, 2, tokens, std::vector<uint32_t>{0}) == doctest::Approx(0.6));
  CHECK(fidelity(vectors, 2, tokens, std::vector<uint32_t>{1}) == doctest::Approx(0.8));
  CHECK(fidelity(vectors, 2, tokens, std::vector<uint32_t>{}) == 0);
}
