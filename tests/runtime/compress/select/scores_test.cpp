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
