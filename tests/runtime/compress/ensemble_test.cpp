#include "runtime/compress/ensemble.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("orders are joined by rank: what all have early comes first") {
  const uint32_t a[] = {0, 1, 2, 3};
  const uint32_t b[] = {1, 0, 3};
  const uint32_t c[] = {1, 4};
  const weighted_order orders[] = {{a, 1}, {b, 1}, {c, 1}};
  const auto joined = fuse_orders(orders, {}, 6);
  CHECK(joined == std::vector<uint32_t>{1, 0, 3, 4, 2});
  // What nobody names is nowhere; what is to come first does.
  const uint32_t first[] = {4, 5, 4};
  CHECK(fuse_orders(orders, first, 6) == std::vector<uint32_t>{4, 5, 1, 0, 3, 2});
}

TEST_CASE("weights count, and of equal sums the first in the text wins") {
  const uint32_t a[] = {0, 1};
  const uint32_t b[] = {1, 0};
  const weighted_order equal[] = {{a, 1}, {b, 1}};
  CHECK(fuse_orders(equal, {}, 2) == std::vector<uint32_t>{0, 1});
  const weighted_order second[] = {{a, 1}, {b, 2}};
  CHECK(fuse_orders(second, {}, 2) == std::vector<uint32_t>{1, 0});
  CHECK(fuse_orders({}, {}, 2).empty());
}

TEST_CASE("the best extract covers nearly the most, and among those words and exceptions decide") {
  struct row {
    const char* what;
    std::vector<extract_quality> measured;
    size_t best;
  };
  const row rows[] = {
      {"one", {{0.5, 0.1, 1}}, 0},
      {"covers much less, whatever its words", {{0.8, 0.2, 1}, {0.7, 0.9, 1}}, 0},
      {"covers nearly as much, with more words", {{0.8, 0.2, 1}, {0.79, 0.4, 1}}, 1},
      {"keeps the exceptions", {{0.8, 0.2, 0.1}, {0.79, 0.2, 1}}, 1},
      {"equal", {{0.8, 0.2, 1}, {0.8, 0.2, 1}}, 0},
      {"not measured: words decide", {{-1, 0.2, 1}, {-1, 0.3, 1}}, 1},
  };
  for (const auto& [what, measured, best] : rows) {
    CAPTURE(what);
    CHECK(best_of(measured) == best);
  }
}
