// The router beside the usual policies, in virtual time: prints a table of latencies in milliseconds.
// Usage: router_compare [--full] [--untold] [--json FILE]. Full: 400 virtual seconds and three seeds instead of 150 and
// one. Untold: replicas do not tell their engines' speeds, as older releases do not.
#include "tests/runtime/routing/router_sim.hpp"

#include <cstdio>
#include <cstring>
#include <initializer_list>

using namespace weft::test;

namespace {

router_sim_result mean(route_policy policy, uint32_t routers, bool full, bool tells_speeds) {
  router_sim_result sum;
  const int runs = full ? 3 : 1;
  for (int run = 0; run < runs; ++run) {
    const auto one = simulate_router({.policy = policy,
                                      .routers = routers,
                                      .seconds = full ? 400.0 : 150.0,
                                      .seed = static_cast<uint64_t>(7 + run),
                                      .tells_speeds = tells_speeds});
    sum.requests += one.requests;
    sum.p50 += one.p50 / runs;
    sum.p99 += one.p99 / runs;
    sum.p999 += one.p999 / runs;
  }
  return sum;
}

} // namespace

int main(int argc, char** argv) {
  bool full = false;
  bool tells_speeds = true;
  std::FILE* json = nullptr;
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--full") == 0)
      full = true;
    else if (std::strcmp(argv[i], "--untold") == 0)
      tells_speeds = false;
    else if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc)
      json = std::fopen(argv[++i], "w");
  std::printf("%-8s %-18s %9s %9s %9s %9s\n", "routers", "policy", "requests", "p50 ms", "p99 ms", "p99.9 ms");
  for (uint32_t routers : {5u, 100u})
    for (auto policy : {route_policy::round_robin, route_policy::least_connections, route_policy::two_choices,
                        route_policy::router, route_policy::oracle}) {
      const auto got = mean(policy, routers, full, tells_speeds);
      std::printf("%-8u %-18s %9llu %9.0f %9.0f %9.0f\n", routers, to_string(policy).data(),
                  static_cast<unsigned long long>(got.requests), got.p50 * 1e3, got.p99 * 1e3, got.p999 * 1e3);
      if (json != nullptr)
        std::fprintf(json, "{\"routers\":%u,\"policy\":\"%s\",\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"p999_ms\":%.1f}\n",
                     routers, to_string(policy).data(), got.p50 * 1e3, got.p99 * 1e3, got.p999 * 1e3);
    }
}
