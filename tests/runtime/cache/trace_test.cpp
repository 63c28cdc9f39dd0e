// Hit ratios on seeded traces. Short by default: 50 000 objects, with bounds relative to LRU and to the optimum. With
// WEFT_LONG_TESTS=1 in the environment: 1 000 000 objects and 20 000 000 requests, with the project's figures
// (minutes).
#include "tests/runtime/cache/traces.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

using namespace weft;
using namespace weft::test;

namespace {

const bool is_long = std::getenv("WEFT_LONG_TESTS") != nullptr;

trace_options options() {
  if (is_long)
    return {.objects = 1'000'000, .requests = 20'000'000};
  return {.objects = 50'000, .requests = 500'000};
}

/// Percent of hits by policy, and the optimum's. No policy may pass the optimum.
struct comparison {
  std::map<policy_kind, double> hits;
  double optimum = 0;
  double tiny_lfu() const { return hits.at(policy_kind::tiny_lfu); }
  double lru() const { return hits.at(policy_kind::lru); }
};

comparison compare(const char* name, const trace& requests, double percent) {
  CAPTURE(name);
  CAPTURE(percent);
  CAPTURE(options().seed);
  const auto objects = static_cast<uint64_t>(static_cast<double>(options().objects) * percent / 100);
  comparison out;
  out.optimum = 100 * replay_optimum(requests, objects).hit_ratio();
  for (auto policy : policy_kinds) {
    CAPTURE(to_string(policy));
    const double hits = out.hits[policy] = 100 * replay(requests, policy, objects).hit_ratio();
    CHECK(hits <= out.optimum);
    CHECK((policy == policy_kind::lfu || hits > 0.5 * out.optimum)); // lfu never forgets what was hot once
    MESSAGE(name, " ", percent, " %: ", to_string(policy), " ", hits, ", optimum ", out.optimum);
  }
  return out;
}

} // namespace

TEST_CASE("on Zipf's law w-tinylfu beats lru clearly and comes near the optimum") {
  const auto requests = zipf_trace(options());
  for (auto [percent, figure] : {std::pair{1.0, 64.0}, {10.0, 80.0}}) {
    CAPTURE(percent);
    const auto found = compare("zipf", requests, percent);
    CHECK(found.tiny_lfu() >= 0.89 * found.optimum);
    CHECK(found.tiny_lfu() >= found.lru() + 2);
    if (is_long)
      CHECK(found.tiny_lfu() >= figure);
  }
}

TEST_CASE("scans of a fifth of the requests do not push out what is asked for again") {
  const auto requests = scan_trace(options());
  for (auto [percent, figure] : {std::pair{1.0, 51.0}, {10.0, 63.5}}) {
    CAPTURE(percent);
    const auto found = compare("scan", requests, percent);
    CHECK(found.tiny_lfu() >= 0.88 * found.optimum);
    CHECK(found.tiny_lfu() >= found.lru() + 3);
    if (is_long)
      CHECK(found.tiny_lfu() >= figure);
  }
}

TEST_CASE("when the hot set moves w-tinylfu follows, no more than two points behind lru") {
  const auto requests = drift_trace(options());
  for (double percent : {1.0, 10.0}) {
    CAPTURE(percent);
    const auto found = compare("drift", requests, percent);
    CHECK(found.tiny_lfu() >= found.lru() - (is_long ? 2 : 3)); // short: a tenth of the requests between moves
  }
}

TEST_CASE("gdsf saves more of the cost than lru by ten points, where costs say nothing about sizes") {
  const auto requests = sized_trace(options());
  const auto bytes = bytes_of_objects(requests);
  for (double percent : {1.0, 3.0, 10.0}) {
    CAPTURE(percent);
    const auto budget = static_cast<uint64_t>(static_cast<double>(bytes) * percent / 100);
    const double gdsf = 100 * replay(requests, policy_kind::gdsf, budget).cost_ratio();
    const double lru = 100 * replay(requests, policy_kind::lru, budget).cost_ratio();
    MESSAGE("sized ", percent, " %: gdsf ", gdsf, ", lru ", lru);
    CHECK(gdsf >= lru + 10);
  }
}

TEST_CASE("a workload of recency: the window grows, so that w-tinylfu is not lost") {
  // Each object is asked for ten times within a short while and then never again: frequency says nothing.
  const uint64_t objects = is_long ? 400'000 : 40'000;
  trace requests;
  for (uint64_t i = 0; i < objects; ++i)
    for (uint64_t back = 0; back < 10; ++back)
      requests.push_back({.object = i + 1'000 - back * 100});
  const double lru = 100 * replay(requests, policy_kind::lru, 1'500, requests.size() / 2).hit_ratio();
  const double tiny_lfu = 100 * replay(requests, policy_kind::tiny_lfu, 1'500, requests.size() / 2).hit_ratio();
  MESSAGE("recency: w-tinylfu ", tiny_lfu, ", lru ", lru);
  CHECK(tiny_lfu >= 0.6 * lru);
}
