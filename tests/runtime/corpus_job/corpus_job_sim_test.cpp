#include "tests/runtime/corpus_job/corpus_world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <tuple>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// One outcome, that of a run without faults; all was forgotten.
void check_clean_end(corpus_world& cluster) {
  REQUIRE(cluster.run_to_end(20min));
  REQUIRE(!cluster.ends().empty());
  for (const auto& end : cluster.ends())
    CHECK(!end);
  const auto outcomes = cluster.outcomes();
  REQUIRE(outcomes.size() == 1);
  REQUIRE(outcomes[0].result);
  CHECK(*outcomes[0].result == cluster.clean_result());
  CHECK(outcomes[0].gaps == cluster.gaps());
  CHECK(outcomes[0].model_version == "v1");
  CHECK(cluster.remembered() == 0);
}

uint32_t random_node(corpus_world& cluster, uint32_t nodes) {
  return cluster.draw().below(nodes);
}

} // namespace

TEST_CASE("without faults one epoch leads to the result of one rank alone") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    corpus_world cluster({.seed = seed, .nodes = 2 + static_cast<uint32_t>(seed), .loss = 0});
    check_clean_end(cluster);
    CHECK(cluster.epoch() == 1);
    CHECK(cluster.ends().size() == 1);
  }
}

TEST_CASE("a rank that dies for good in any step costs an epoch, not a bit") {
  for (int when = 200; when < 4'200; when += 500) {
    CAPTURE(when);
    corpus_world cluster({.seed = 7, .nodes = 3});
    cluster.run_for(std::chrono::milliseconds{when});
    cluster.kill(2);
    check_clean_end(cluster);
  }
}

TEST_CASE("when the coordinator dies another goes on from what ranks remember") {
  corpus_world clean({.seed = 8, .nodes = 4, .loss = 0});
  check_clean_end(clean);
  for (int when = 300; when < 4'300; when += 500) {
    CAPTURE(when);
    corpus_world cluster({.seed = 8, .nodes = 4, .loss = 0});
    cluster.run_for(std::chrono::milliseconds{when});
    cluster.kill(0);
    check_clean_end(cluster);
    // A survivor remembers every step but the one under way. Other ranks may need other rounds for duplicates.
    CHECK(cluster.steps() <= clean.steps() * 3 / 2 + 2);
  }
}

TEST_CASE("when all processes die the kept checkpoint is gone on from; one that is damaged is not used") {
  for (const bool is_hurt : {false, true}) {
    CAPTURE(is_hurt);
    const corpus_world_options options{.seed = 12, .loss = 0, .leading = {.checkpoint_period = 500ms}};
    corpus_world cluster(options);
    while (!cluster.has_kept_checkpoint() && cluster.ends().empty())
      cluster.run_for(100ms);
    const auto before = cluster.steps();
    REQUIRE(cluster.ends().empty());
    if (is_hurt)
      cluster.hurt_checkpoints();
    for (uint32_t n = 0; n < 3; ++n)
      cluster.kill(n);
    cluster.run_for(1s);
    for (uint32_t n = 0; n < 3; ++n)
      cluster.restart(n);
    check_clean_end(cluster);
    corpus_world clean(options);
    check_clean_end(clean);
    if (is_hurt)
      CHECK(cluster.steps() >= clean.steps() + before);
    else
      CHECK(cluster.steps() < clean.steps() + before);
  }
}

TEST_CASE("deaths, restarts and cuts of any kind: when they stop the job ends, with one outcome, the right one") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const auto nodes = static_cast<uint32_t>(3 + seed % 3);
    corpus_world cluster({.seed = seed, .nodes = nodes});
    for (int fault = 0; fault < 12; ++fault) {
      cluster.run_for(std::chrono::milliseconds{100 + cluster.draw().below(3'000)});
      const auto node = random_node(cluster, nodes);
      switch (cluster.draw().below(4)) {
      case 0:
        if (cluster.is_alive(node))
          cluster.kill(node);
        break;
      case 1:
        cluster.restart(node);
        break;
      case 2:
        cluster.cut({node, random_node(cluster, nodes)});
        break;
      default:
        cluster.heal();
      }
    }
    cluster.heal();
    for (uint32_t n = 0; n < nodes; ++n)
      cluster.restart(n);
    check_clean_end(cluster);
  }
}

TEST_CASE("an engine that fails at the same step each time ends the job with its reason, which is kept") {
  corpus_world cluster({.seed = 4, .nodes = 3});
  cluster.break_engine({corpus_step::iterations, 1, 0});
  REQUIRE(cluster.run_to_end(20min));
  REQUIRE(!cluster.ends().empty());
  REQUIRE(cluster.ends()[0]);
  CHECK(cluster.ends()[0]->code == errc::engine_failed);
  const auto outcomes = cluster.outcomes();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].why == errc::engine_failed);
  CHECK(outcomes[0].message == "the engine fails");
}

TEST_CASE("a job that is cancelled is forgotten everywhere, whenever that is") {
  for (int when = 100; when < 2'000; when += 300) {
    CAPTURE(when);
    corpus_world cluster({.seed = 6, .nodes = 3});
    cluster.run_for(std::chrono::milliseconds{when});
    cluster.cancel();
    CHECK(cluster.run_to_end(5min));
    CHECK(cluster.ends().empty());
    CHECK(cluster.outcomes().empty());
    CHECK(cluster.remembered() == 0);
  }
}

TEST_CASE("the same seed gives the same story") {
  const auto story = [] {
    corpus_world cluster({.seed = 21, .nodes = 4, .loss = 0.1});
    cluster.run_for(1'500ms);
    cluster.kill(1);
    CHECK(cluster.run_to_end(20min));
    return std::tuple(cluster.now(), cluster.epoch(), cluster.steps(), cluster.draw().next());
  };
  CHECK(story() == story());
}
