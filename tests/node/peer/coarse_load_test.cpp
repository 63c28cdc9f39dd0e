#include "node/peer/coarse_load.hpp"

#include <doctest/doctest.h>

TEST_CASE("the coarse load grows with busy engines and with what waits, from 0 to 15") {
  struct row {
    double utilization;
    uint64_t queued_tokens;
    int want;
  };
  for (const auto& r : {row{0, 0, 0}, {1, 0, 8}, {0.5, 0, 4}, {1, 32'768, 11}, {1, 100'000'000, 15}, {7, 0, 8}}) {
    CAPTURE(r.utilization);
    CAPTURE(r.queued_tokens);
    weft::node_snapshot node;
    node.pools.push_back({.workers = 2, .queued_tokens = r.queued_tokens, .utilization = r.utilization});
    CHECK(int{weft::coarse_load(node)} == r.want);
  }
  CHECK(int{weft::coarse_load({})} == 0);
}
