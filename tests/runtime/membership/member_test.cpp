#include "runtime/membership/member.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("claims are ordered by epoch, then incarnation, then alive < suspect < dead < left") {
  using enum member_state;
  // Each beats all before it.
  std::vector<claims::claim> order{
      {.epoch = 1, .incarnation = 1, .state = alive}, {.epoch = 1, .incarnation = 1, .state = suspect},
      {.epoch = 1, .incarnation = 1, .state = dead},  {.epoch = 1, .incarnation = 1, .state = left},
      {.epoch = 1, .incarnation = 2, .state = alive}, {.epoch = 1, .incarnation = 2, .state = dead},
      {.epoch = 2, .incarnation = 0, .state = alive}, {.epoch = 2, .incarnation = 0, .state = suspect},
  };
  for (size_t a = 0; a < order.size(); ++a)
    for (size_t b = 0; b < order.size(); ++b) {
      CAPTURE(a);
      CAPTURE(b);
      CHECK(supersedes(claims::record(order[a]), claims::record(order[b])) == (a > b));
    }
}
