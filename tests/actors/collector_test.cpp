#include "actors/collector.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("the whole is told once, in the order of the parts, whoever is first") {
  int told = 0;
  collector<int> all{3, [&](result<std::vector<int>> whole) {
                       ++told;
                       REQUIRE(whole);
                       CHECK(*whole == std::vector{10, 11, 12});
                     }};
  all.set(2, 12);
  all.set(0, 10);
  CHECK(told == 0);
  all.set(1, 11);
  CHECK(told == 1);
}

TEST_CASE("one part that failed fails the whole, when all have come") {
  int told = 0;
  collector<int> all{3, [&](const result<std::vector<int>>& whole) {
                       ++told;
                       REQUIRE_FALSE(whole);
                       CHECK(whole.error().code == errc::overloaded);
                     }};
  all.set(0, failure{errc::overloaded, "the first one counts"});
  all.set(1, failure{errc::storage_failed, ""});
  CHECK(told == 0);
  all.set(2, 1);
  CHECK(told == 1);
}
