#include "runtime/cache/repair_rule.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace weft;

TEST_CASE("the other owner is asked while that finds something") {
  for (auto [found, goes_on] : {std::pair{0U, false}, {6U, false}, {7U, true}, {100U, true}}) {
    CAPTURE(found);
    repair_rule rule{{.trial_keys = 100, .found_share_min = 1.0 / 16}};
    CHECK(rule.asks());
    rule.looked(99, found > 0 ? found - 1 : 0);
    CHECK(rule.asks()); // the trial is not over
    rule.looked(1, found > 0 ? 1 : 0);
    CHECK(rule.asks() == goes_on);
    CHECK(rule.asked() == 100);
    CHECK(rule.found() == found);
  }
}

TEST_CASE("each trial counts for itself") {
  repair_rule rule{{.trial_keys = 10, .found_share_min = 0.5}};
  rule.looked(10, 10);
  CHECK(rule.asks());
  rule.looked(10, 0);
  CHECK_FALSE(rule.asks());
}

TEST_CASE("damage begins it anew, once for each time") {
  repair_rule rule{{.trial_keys = 10}};
  rule.store_damaged(1);
  rule.looked(10, 0);
  CHECK_FALSE(rule.asks());
  rule.store_damaged(1);
  CHECK_FALSE(rule.asks());
  rule.store_damaged(2);
  CHECK(rule.asks());
}
