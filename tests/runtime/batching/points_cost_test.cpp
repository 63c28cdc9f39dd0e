#include "runtime/batching/points_cost.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("work on points costs the tokens that take as long, by a guess until both were measured") {
  points_cost cost;
  CHECK(cost.tokens_of(0, 0) == 1);
  CHECK(cost.tokens_of(1'000'000'000, 0) == 100);
  CHECK(cost.tokens_of(1'000'000'000, 5'000) == 100);
  cost.done(2'000'000'000, 1s);
  CHECK(cost.tokens_of(1'000'000'000, 0) == 100);
  // Half a second of work: 2 500 tokens of an engine that has 5 000 of them a second.
  CHECK(cost.tokens_of(1'000'000'000, 5'000) == 2'500);
  CHECK(cost.tokens_of(1, 5'000) == 1);
  CHECK(cost.tokens_of(UINT64_MAX, 1e9) <= 1'000'000'000'000'000);
}

TEST_CASE("work that failed at once says nothing about what such work takes") {
  points_cost cost;
  cost.done(1'000'000, 0s);
  CHECK(cost.tokens_of(1'000'000'000, 5'000) == 100);
}
