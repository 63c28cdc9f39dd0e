// The figures of the cluster, at sizes that fit every test run. The full sizes: membership_sim_bench --full.
#include "tests/sim/membership_scenarios.hpp"
#include "tests/sim/membership_swarm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace weft;
using namespace weft::sim;
using namespace std::chrono_literals;

TEST_CASE("the same seed gives the same trace, another seed another one") {
  for (uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    CHECK(run_swarm(seed).hash == run_swarm(seed).hash);
    CHECK(run_swarm(seed).hash != run_swarm(seed + 100).hash);
  }
}

TEST_CASE("a crash is agreed on in time") {
  std::printf(
      "shortened: crashes of 1 of 100 (20 seeds) and of 1000 (3 seeds); 5000 only in membership_sim_bench --full\n");
  struct row {
    uint32_t nodes;
    uint64_t seeds;
    double limit;
  };
  for (auto [nodes, seeds, limit] : {row{100, 20, 6}, {1'000, 3, 8}}) {
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      CAPTURE(nodes);
      CAPTURE(seed);
      auto figures = crash_one(seed, nodes, false);
      CHECK(seconds(figures.most) <= limit);
      CHECK(seconds(figures.first) >= 2); // no hasty verdict either
      CHECK(figures.wrong.events == 0);
    }
  }
}

TEST_CASE("below ten nodes a silent node is suspected for at least 4 s") {
  for (uint32_t nodes : {2, 3, 5, 9}) {
    CAPTURE(nodes);
    auto figures = crash_one(7, nodes, false);
    CHECK(seconds(figures.first) >= 4);
    CHECK(seconds(figures.all) <= 8);
  }
}

TEST_CASE("a process that is gone is known to be so by all within 2 s") {
  for (uint32_t nodes : {2, 3, 4, 9, 100, 1'000}) {
    for (uint64_t seed = 1; seed <= (nodes < 1'000 ? 10 : 1); ++seed) {
      CAPTURE(nodes);
      CAPTURE(seed);
      auto figures = crash_one(seed, nodes, true);
      CHECK(seconds(figures.all) <= 2);
      CHECK(figures.wrong.events == 0);
    }
  }
}

TEST_CASE("5 % loss kills nobody and costs at most 30 messages a node and second") {
  std::printf("shortened: 5 %% loss for 60 s at 1000 nodes; an hour at 1000 in membership_sim_bench --full\n");
  auto figures = quiet(1, 1'000, 0.05, 60s);
  CHECK(figures.wrong.events == 0);
  CHECK(figures.messages <= 30);
  CHECK(figures.true_views);
  CHECK(figures.suspicions > 0); // the loss did hurt
}

TEST_CASE("no node dies because some stall for up to 3 s") {
  std::printf("shortened: 10 %% of 100 nodes stall for 300 s\n");
  for (uint64_t seed : {1, 2}) {
    CAPTURE(seed);
    auto figures = stalls(seed, 100, 0.1, 300s);
    CHECK(figures.wrong.healthy == 0);
    CHECK(figures.true_views);
    CHECK(figures.suspicions > 0);
  }
}

TEST_CASE("views are equal within 30 s after a partition") {
  std::printf("shortened: partitions of 3, 10 and 100 nodes; 1000 in membership_sim_bench --full\n");
  for (uint32_t nodes : {3, 10, 100}) {
    for (auto kind : {cut_kind::halves, cut_kind::one_way, cut_kind::flapping}) {
      CAPTURE(nodes);
      CAPTURE(static_cast<int>(kind));
      auto figures = part_and_heal(1, nodes, kind, 60s);
      if (kind != cut_kind::flapping) // which may happen to be whole at its end
        CHECK(figures.parted);
      CHECK(seconds(figures.healed) <= 30);
    }
  }
}

TEST_CASE("views are equal within 30 s after minutes of a flapping link") {
  const bool is_long = std::getenv("WEFT_LONG_TESTS") != nullptr;
  if (!is_long)
    std::printf("shortened: links flap for 3 minutes, one seed a row; 5 minutes and 10 seeds with WEFT_LONG_TESTS=1\n");
  struct row {
    std::chrono::milliseconds period_min, period_max;
    bool parts; ///< long enough for a suspicion to end
  };
  for (uint32_t nodes : {3, 10, 100}) {
    for (auto kind : {flap_kind::halves, flap_kind::one_way, flap_kind::few_nodes}) {
      double worst = 0;
      for (auto [period_min, period_max, parts] :
           {row{1s, 1s, false}, row{1s, 10s, true}, row{3s, 6s, false}, row{10s, 10s, true}}) {
        for (uint64_t seed = 1; seed <= (is_long ? 10 : 1); ++seed) {
          CAPTURE(nodes);
          CAPTURE(static_cast<int>(kind));
          CAPTURE(period_min.count());
          CAPTURE(period_max.count());
          CAPTURE(seed);
          auto figures = flap(seed, nodes, kind, period_min, period_max, is_long ? 300s : 180s);
          CHECK(figures.flaps >= 8);
          if (parts)
            CHECK(figures.deaths > 0);
          CHECK(seconds(figures.healed) <= 30);
          if (figures.parted)
            worst = std::max(worst, seconds(figures.healed));
        }
      }
      MESSAGE(nodes << " nodes, kind " << static_cast<int>(kind) << ": healed within " << worst << " s");
    }
  }
}

TEST_CASE("who leaves is known to have left within a second, and is not missed") {
  membership_cluster cluster{1, 50};
  cluster.start_all_acquainted();
  cluster.world().run_for(5s);
  cluster.leave(7);
  cluster.watch(7);
  cluster.world().run_for(10s);
  CHECK(seconds(cluster.time_to_know(1.0)) <= 1);
  CHECK(cluster.views_are_true());
  CHECK(cluster.core(8).members().get(cluster.id(7))->record.state == member_state::left);
}

TEST_CASE("strangers are refused and stay outside") {
  membership_options other;
  other.cluster_id = "other";
  membership_cluster cluster{1, 5};
  cluster.start_all_acquainted();
  cluster.world().run_for(1s);
  cluster.crash(4, false);
  cluster.world().run_for(20s);
  cluster.set_options(other);
  cluster.start(4, {0, 1});
  cluster.world().run_for(20s);
  CHECK(cluster.refusals() > 0);
  CHECK(cluster.core(4).members().counts().live() == 1);
  CHECK(cluster.core(0).members().counts().live() == 4);
}

TEST_CASE("a copied data folder stays outside for ever, and the node that it was copied from works on") {
  std::printf("shortened: a copy tries for 10 minutes\n");
  for (uint32_t nodes : {2, 3, 10}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(nodes);
      CAPTURE(seed);
      membership_cluster cluster{seed, nodes + 1};
      const auto copy = nodes, original = nodes - 1;
      cluster.network().set_faults({.loss = 0.05, .duplicate = 0.01, .straggler = 0.01});
      for (uint32_t node = 0; node < nodes; ++node)
        cluster.start(node, {0, 1});
      cluster.world().run_for(30s);
      cluster.copy_folder(original, copy);
      cluster.start(copy, {0, 1});
      for (int minute = 0; minute < 10; ++minute) {
        cluster.world().run_for(60s);
        cluster.pause(original, nodes < 10 ? 3s : 1s); // shorter than a suspicion
      }
      CHECK(cluster.refusals() > 10);
      CHECK(cluster.wrong().events == 0);
      CHECK(cluster.core(copy).members().counts().live() == 1);
      CHECK(cluster.core(copy).alone() > 0);
      for (uint32_t node = 0; node < nodes; ++node) {
        CHECK(cluster.core(node).members().counts().live() == nodes);
        CHECK(cluster.core(node).members().get(cluster.id(original))->record.epoch == boot_epoch{1});
        CHECK(cluster.core(node).next_wake() < time_point::max()); // it works
      }
    }
  }
}

TEST_CASE("a node that moves to another address is in again within 12 s, at once where its old machine refuses") {
  double silent = 0, refused = 0;
  for (bool refuses : {false, true}) {
    for (uint32_t nodes : {2, 3, 10, 100}) {
      for (uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(refuses);
        CAPTURE(nodes);
        CAPTURE(seed);
        membership_cluster cluster{seed, nodes + 1};
        const auto moved = nodes, old = nodes - 1;
        for (uint32_t node = 0; node < nodes; ++node)
          cluster.start(node, {0});
        cluster.world().run_for(30s);
        cluster.crash(old, refuses);
        cluster.copy_folder(old, moved);
        cluster.start(moved, {0});
        const auto began = cluster.world().now();
        while (!cluster.views_are_true() && cluster.world().now() < began + 60s)
          cluster.world().run_for(100ms);
        const auto took = seconds(cluster.world().now() - began);
        CHECK(took <= (refuses ? 2 : 12));
        auto& worst = refuses ? refused : silent;
        worst = std::max(worst, took);
      }
    }
  }
  MESSAGE("moved, old machine silent: in after " << silent << " s at most; refusing: " << refused << " s");
}

TEST_CASE("nodes that start together know each other within 60 s") {
  auto figures = cold_start(1, 1'000);
  CHECK(seconds(figures.ready) <= 60);
  CHECK(figures.wrong.events == 0);
}

TEST_CASE("idle nodes send at most 5 messages a second, however many they are") {
  auto few = quiet(1, 100, 0, 30s);
  auto many = quiet(1, 1'000, 0, 10s);
  CHECK(few.messages <= 5);
  CHECK(many.messages <= 5);
  CHECK(many.messages == doctest::Approx(few.messages).epsilon(0.1));
}
