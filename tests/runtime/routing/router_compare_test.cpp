#include "tests/runtime/routing/router_sim.hpp"

#include <doctest/doctest.h>

using namespace weft::test;

namespace {

constexpr double virtual_seconds = 100; // router_compare --full takes 400 and three seeds

router_sim_result run(route_policy policy, uint32_t routers, bool tells_speeds = true) {
  return simulate_router(
      {.policy = policy, .routers = routers, .seconds = virtual_seconds, .tells_speeds = tells_speeds});
}

} // namespace

TEST_CASE("with 5 routers the slowest hundredth is at most 1.1 times the oracle's") {
  const auto oracle = run(route_policy::oracle, 5);
  for (const bool tells_speeds : {true, false}) {
    CAPTURE(tells_speeds);
    const auto router = run(route_policy::router, 5, tells_speeds);
    CHECK(router.requests > 60'000);
    CHECK(router.p99 <= 1.1 * oracle.p99);
    CHECK(router.p99 < run(route_policy::two_choices, 5).p99);
  }
}

TEST_CASE("with 100 routers the slowest hundredth is at most 0.35 times that of least connections") {
  for (const bool tells_speeds : {true, false}) {
    CAPTURE(tells_speeds);
    const auto router = run(route_policy::router, 100, tells_speeds);
    CHECK(router.p99 <= 0.35 * run(route_policy::least_connections, 100).p99);
    CHECK(router.p99 <= 0.35 * run(route_policy::two_choices, 100).p99);
    CHECK(router.p99 < run(route_policy::round_robin, 100).p99);
  }
}

TEST_CASE("a replica that answers errors at once attracts nothing from the router, and much from least connections") {
  router_sim_options options{.seconds = virtual_seconds, .failing = 3, .fails_from = 10};
  const auto router = simulate_router(options);
  options.policy = route_policy::least_connections;
  const auto least = simulate_router(options);
  CHECK(static_cast<double>(router.errors) / static_cast<double>(router.requests) < 0.002);
  CHECK(static_cast<double>(least.errors) / static_cast<double>(least.requests) > 0.05);
}

TEST_CASE("the same seed gives the same run") {
  const auto once = simulate_router({.seconds = 30});
  const auto again = simulate_router({.seconds = 30});
  CHECK(once.requests == again.requests);
  CHECK(once.p50 == again.p50);
  CHECK(once.p999 == again.p999);
  CHECK(once.p999 != simulate_router({.seconds = 30, .seed = 8}).p999);
}
