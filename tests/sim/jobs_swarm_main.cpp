// Many random lives of a cluster with jobs: jobs_swarm [--seeds N] [--first S]. Ends with 1 at the first life that
// broke a promise, naming the command that replays it.
#include "tests/sim/jobs_swarm.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
  uint64_t seeds = 20, first = 1;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (has_value && std::strcmp(argv[i], "--seeds") == 0) {
      seeds = std::strtoull(argv[++i], nullptr, 10);
    } else if (has_value && std::strcmp(argv[i], "--first") == 0) {
      first = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: jobs_swarm [--seeds N] [--first S]\n");
      return 2;
    }
  }
  double equal = 0, ended = 0, corpora_ended = 0;
  uint64_t jobs = 0, corpora = 0, made = 0, items = 0, faults = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    const auto result = weft::sim::run_jobs_swarm(seed);
    if (!result.problem.empty()) {
      std::printf("seed %" PRIu64 " (%u nodes, %u faults): %s\nreplay: %s --seeds 1 --first %" PRIu64 "\n", seed,
                  result.nodes, result.faults, result.problem.c_str(), argv[0], seed);
      return 1;
    }
    equal = std::max(equal, result.equal_seconds);
    ended = std::max(ended, result.ended_seconds);
    corpora_ended = std::max(corpora_ended, result.corpora_seconds);
    jobs += result.jobs;
    corpora += result.corpora;
    made += result.corpora_made;
    items += result.items;
    faults += result.faults;
    if (seeds == 1)
      std::printf("seed %" PRIu64 ": %u nodes, %" PRIu64 " items computed, trace %016" PRIx64 "\n", seed, result.nodes,
                  result.computed, result.hash);
  }
  std::printf("%" PRIu64 " lives from seed %" PRIu64 ": %" PRIu64 " faults, %" PRIu64 " jobs (%" PRIu64
              " corpora, of which %" PRIu64 " were read), %" PRIu64
              " items acknowledged, none lost; tables equal at most %.1f s, jobs ended at most %.1f s, corpora at most "
              "%.1f s after the last fault\n",
              seeds, first, faults, jobs, corpora, made, items, equal, ended, corpora_ended);
  return 0;
}
