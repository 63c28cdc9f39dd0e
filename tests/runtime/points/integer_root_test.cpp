#include "runtime/points/integer_root.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <limits>

using namespace weft;

TEST_CASE("the integer root is the largest whose square is not more") {
  for (uint64_t root : {0ULL, 1ULL, 2ULL, 3ULL, 181ULL, 65'535ULL, 65'536ULL, 3'037'000'499ULL, 4'294'967'295ULL}) {
    CAPTURE(root);
    CHECK(integer_root(root * root) == root);
    CHECK(integer_root(root * root + root) == root);
    if (root > 0)
      CHECK(integer_root(root * root - 1) == root - 1);
  }
  CHECK(integer_root(std::numeric_limits<uint64_t>::max()) == 4'294'967'295ULL);
}
