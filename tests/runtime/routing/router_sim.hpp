#pragma once

#include "runtime/routing/router_core.hpp"

#include <cstdint>
#include <string_view>

namespace weft::test {

/// How the routers of the simulation choose.
enum class route_policy : uint8_t { round_robin, least_connections, two_choices, router, oracle };
std::string_view to_string(route_policy policy);

/// Routers send requests to replicas over a millisecond's network. A replica has 4 engines and a queue without bound;
/// every second replica is `slowdown` times slower; from time to time (15 % of it) something else on the machine slows
/// any of them to 0.4 of its speed. A request takes 50 ms on average on a fast replica (a fifth fixed, the rest
/// exponential), and requests come at random (Poisson).
struct router_sim_options {
  route_policy policy = route_policy::router;
  uint32_t routers = 5;
  uint32_t replicas = 20;
  double slowdown = 2;
  double load = 0.75; ///< of what all replicas can do
  double seconds = 400;
  double warm_up = 20; ///< not counted
  uint64_t seed = 7;
  /// This replica answers errors after a millisecond from `fails_from` on (seconds); none below 0.
  int failing = -1;
  double fails_from = 0;
  bool tells_speeds = true; ///< replicas tell their engines' speed; false: as releases before that
  router_options core{};
};

struct router_sim_result {
  uint64_t requests = 0; ///< counted ones
  uint64_t errors = 0;   ///< among them
  double p50 = 0;        ///< seconds, as p99 and p999
  double p99 = 0;
  double p999 = 0;
};

/// The same options give the same result. `oracle` knows all queues of the moment and joins the shortest.
router_sim_result simulate_router(const router_sim_options& options);

} // namespace weft::test
