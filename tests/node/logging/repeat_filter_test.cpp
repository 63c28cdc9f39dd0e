#include "node/logging/repeat_filter.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("of equal lines a burst passes in each window, and the next one tells how many were left out") {
  weft::repeat_filter filter{{.burst = 2, .window = 10s}};
  const weft::time_point start{};
  CHECK(filter.pass("a", start) == 0u);
  CHECK(filter.pass("a", start + 1s) == 0u);
  CHECK_FALSE(filter.pass("a", start + 2s));
  CHECK_FALSE(filter.pass("a", start + 9s));
  CHECK(filter.pass("b", start + 9s) == 0u);
  CHECK(filter.pass("a", start + 10s) == 2u);
  CHECK(filter.pass("a", start + 11s) == 0u);
  CHECK_FALSE(filter.pass("a", start + 12s));
}

TEST_CASE("memory is bounded: with too many subjects further ones pass unfiltered until old ones expire") {
  weft::repeat_filter filter{{.burst = 1, .window = 10s, .subjects_max = 2}};
  const weft::time_point start{};
  CHECK(filter.pass("a", start));
  CHECK(filter.pass("b", start));
  CHECK(filter.pass("c", start));
  CHECK(filter.pass("c", start));
  CHECK_FALSE(filter.pass("a", start));
  CHECK(filter.pass("c", start + 10s));
  CHECK_FALSE(filter.pass("c", start + 11s));
}
