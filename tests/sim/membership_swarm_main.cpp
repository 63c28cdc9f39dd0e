// Many random lives of a cluster: membership_swarm [--seeds N] [--first S]. Ends with 1 at the first life that broke a
// rule, naming the command that replays it.
#include "tests/sim/membership_swarm.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
  uint64_t seeds = 20, first = 1;
  for (int i = 1; i < argc; ++i) {
    bool has_value = i + 1 < argc;
    if (has_value && std::strcmp(argv[i], "--seeds") == 0) {
      seeds = std::strtoull(argv[++i], nullptr, 10);
    } else if (has_value && std::strcmp(argv[i], "--first") == 0) {
      first = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: membership_swarm [--seeds N] [--first S]\n");
      return 2;
    }
  }
  double slowest = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    auto result = weft::sim::run_swarm(seed);
    if (!result.problem.empty()) {
      std::printf("seed %" PRIu64 " (%u nodes): %s\nreplay: %s --seeds 1 --first %" PRIu64 "\n", seed, result.nodes,
                  result.problem.c_str(), argv[0], seed);
      return 1;
    }
    slowest = result.healed_seconds > slowest ? result.healed_seconds : slowest;
    if (seeds == 1)
      std::printf("seed %" PRIu64 ": %u nodes, views true %.1f s after the last fault, trace %016" PRIx64 "\n", seed,
                  result.nodes, result.healed_seconds, result.hash);
  }
  std::printf("%" PRIu64 " lives from seed %" PRIu64 ": views true at most %.1f s after the last fault\n", seeds, first,
              slowest);
  return 0;
}
