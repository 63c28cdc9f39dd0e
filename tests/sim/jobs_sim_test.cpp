// Jobs on the simulator: what each kind of fault costs, one at a time. All at once: jobs_swarm.
#include "tests/sim/jobs_clients.hpp"
#include "tests/sim/jobs_swarm.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::sim;
using namespace std::chrono_literals;

namespace {

struct stage {
  explicit stage(uint64_t seed, uint32_t nodes, jobs_options options = {})
      : cluster(seed, nodes, std::move(options)), devices(cluster), clients(cluster, devices) {
    for (uint32_t node = 0; node < nodes; ++node)
      cluster.start(node);
    cluster.world().run_for(3s);
    REQUIRE(cluster.views_are_true());
  }

  void submit(uint32_t count, const std::string& name = "a") {
    submit(random_texts(cluster.world().random(), name, count), name);
  }
  void submit(std::vector<std::string> texts, const std::string& name,
              std::optional<corpus_options> corpus = std::nullopt) {
    job_plan plan;
    plan.request_id = name;
    plan.texts = std::move(texts);
    plan.corpus = corpus;
    clients.submit(std::move(plan));
  }
  bool ends_within(duration time) {
    return cluster.world().run_until([&] { return clients.all_ended(); }, time, 50ms);
  }
  void check_results() {
    clients.read_all();
    CHECK(cluster.world().run_until([&] { return clients.all_read(); }, 20s, 50ms));
    CHECK(clients.problem() == "");
  }
  void crash(uint32_t node, bool refuses) {
    cluster.crash(node, refuses);
    clients.node_gone(node);
  }

  jobs_cluster cluster;
  sim_device_groups devices;
  jobs_clients clients;
};

} // namespace

TEST_CASE("the same seed gives the same trace, another seed another one") {
  for (uint64_t seed : {1, 2}) {
    CAPTURE(seed);
    const auto first = run_jobs_swarm(seed);
    CHECK(first.problem == "");
    CHECK(run_jobs_swarm(seed).hash == first.hash);
    CHECK(run_jobs_swarm(seed + 100).hash != first.hash);
  }
}

TEST_CASE("a job is done by all nodes, each result once and right, without any fault") {
  for (uint32_t nodes : {2, 3, 7}) {
    CAPTURE(nodes);
    stage it{nodes, nodes};
    for (const auto* name : {"a", "b", "c"})
      it.submit(std::vector<std::string>(2'000, name), name);
    CHECK(it.ends_within(20s));
    it.check_results();
    CHECK(it.cluster.tables_are_equal());
    CHECK(it.cluster.items_computed() < 3 * 2'000 * 5 / 4); // some runs are put off, nothing is done twice
    if (nodes < 7)
      continue;
    std::set<uint64_t> writers;
    for (const auto& segment : it.cluster.core(0).segments())
      writers.insert(static_cast<uint64_t>(segment.stamp.writer));
    CHECK(writers.size() > 3);
  }
}

TEST_CASE(
    "corpora are made beside other jobs, whatever node dies or stands still, and nobody holds anything for them then") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    stage it{seed, 5};
    it.devices.step_time = 200ms;
    auto& random = it.cluster.world().random();
    for (const auto* name : {"a", "b"})
      it.submit(random_texts(random, name, 1'000, true), name, corpus_options{.clusters = 5, .extract_tokens = 100});
    it.submit(1'000, "c");
    it.cluster.world().run_for(3s + random.within(duration{3s}));
    if (seed % 3 == 1)
      it.crash(4, seed % 2 == 0);
    else if (seed % 3 == 2)
      it.cluster.pause(4, 8s);
    it.cluster.world().run_for(10s);
    if (!it.cluster.up(4))
      it.cluster.start(4);
    CHECK(it.ends_within(60s));
    it.check_results();
    CHECK(it.clients.corpora() == 2);
    CHECK(it.devices.steps() > 20);
    CHECK(it.cluster.world().run_until([&] { return it.clients.unsettled_corpora().empty(); }, 10s));
    CHECK(it.clients.miscounted() == "");
  }
}

TEST_CASE("a dead owner's segments are taken over within detection and a second") {
  for (const bool refuses : {true, false}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(refuses);
      CAPTURE(seed);
      stage it{seed, 4};
      for (uint32_t node = 0; node < 4; ++node)
        it.cluster.stall_engine(node, 2s); // so that all is submitted before any of it is done
      it.submit(3'000);
      REQUIRE(it.cluster.world().run_until([&] { return it.clients.all_submitted(); }, 10s));
      it.crash(3, refuses);
      const auto detection = refuses ? 1500ms : 8s; // as the oracle has it
      const auto submitted = it.cluster.world().now();
      // The dead one's table cannot be looked at: bring it back when the others are through.
      const auto others_done = [&] {
        for (uint32_t node = 0; node < 3; ++node)
          for (const auto& header : it.cluster.core(node).headers())
            if (!is_end(header.state))
              return false;
        return true;
      };
      CHECK(it.cluster.world().run_until(others_done, 30s));
      const auto took = it.cluster.world().now() - submitted;
      CHECK(took < detection + 1s + 3s); // and the work itself
      it.cluster.start(3);
      CHECK(it.ends_within(20s));
      it.check_results();
    }
  }
}

TEST_CASE("of an owner that stands still for 20 s the segments are taken over, and its late results change nothing") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    stage it{seed, 4};
    for (uint32_t node = 0; node < 4; ++node)
      it.cluster.stall_engine(node, 2s);
    it.submit(3'000);
    REQUIRE(it.cluster.world().run_until([&] { return it.clients.all_submitted(); }, 10s));
    it.cluster.pause(3, 20s);
    const auto others_done = [&] {
      for (uint32_t node = 0; node < 3; ++node)
        for (const auto& header : it.cluster.core(node).headers())
          if (!is_end(header.state))
            return false;
      return true;
    };
    CHECK(it.cluster.world().run_until(others_done, 8s + 1s + 3s)); // detection, takeover and the work itself
    CHECK(it.cluster.paused(3));
    it.cluster.world().run_for(20s);
    CHECK(it.ends_within(10s));
    it.check_results();
    CHECK(it.clients.miscounted() == "");
    CHECK(it.clients.unsettled() == "");
  }
}

TEST_CASE("what a node holds does not grow with the job") {
  for (const bool is_one_slow : {false, true}) {
    CAPTURE(is_one_slow);
    stage it{1, 3};
    if (is_one_slow)
      it.cluster.set_disk_delay(2, 3s);
    it.submit(std::vector<std::string>(40'000, std::string(1'000, 'x')), "a");
    uint64_t most = 0;
    const auto is_through = [&] {
      for (uint32_t node = 0; node < 3; ++node)
        most = std::max(most, it.cluster.core(node).counters().bytes_held);
      return it.clients.all_submitted();
    };
    CHECK(it.cluster.world().run_until(is_through, 10min, 20ms));
    MESSAGE("at most ", most / 1'000, " kB of 40000 kB were held");
    CHECK(most > 0);
    CHECK(most < (is_one_slow ? 2u : 1u) * 2 * submission_window);
    it.cluster.set_disk_delay(2, 2ms);
    CHECK(it.ends_within(60s));
    CHECK(it.cluster.world().run_until([&] { return it.clients.unsettled().empty(); }, 10min, 1s)); // its writes queue
  }
}

TEST_CASE("an isolated node acknowledges nothing, and what it was given is not lost when the client goes elsewhere") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    stage it{seed, 3};
    for (uint32_t other : {1, 2}) {
      it.cluster.cut(0, other);
      it.cluster.cut(other, 0);
    }
    it.submit(1'000, "a");
    it.submit(1'000, "b");
    it.submit(1'000, "c");
    it.cluster.world().run_for(40s);
    CHECK(it.clients.problem() == ""); // it is looked at with each acknowledgement
    it.cluster.heal_links();
    CHECK(it.ends_within(60s));
    it.check_results();
  }
}

TEST_CASE("all nodes lose their power at once: what was acknowledged is there") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    stage it{seed, 3};
    for (const auto* name : {"a", "b", "c"})
      it.submit(1'000, name);
    it.cluster.world().run_for(duration{10ms} * (1 + 7 * seed));
    for (uint32_t node = 0; node < 3; ++node)
      it.crash(node, false);
    it.cluster.world().run_for(2s);
    for (uint32_t node = 0; node < 3; ++node)
      it.cluster.start(node);
    CHECK(it.ends_within(60s));
    it.check_results();
  }
}

TEST_CASE("a node that lost its disk, or some records, has its copies again from the others") {
  for (const bool whole : {true, false}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(whole);
      CAPTURE(seed);
      stage it{seed, 3};
      it.submit(3'000);
      CHECK(it.ends_within(30s));
      const auto kept = it.cluster.core(1).segments();
      it.crash(1, true);
      if (whole)
        it.cluster.disk(1).wipe();
      else
        for (int i = 0; i < 5; ++i)
          it.cluster.disk(1).damage(it.cluster.world().random());
      it.cluster.world().run_for(2s);
      it.cluster.start(1);
      it.cluster.world().run_for(15s);
      if (whole)
        CHECK(it.cluster.disk(1).segments() == kept.size());
      CHECK(it.cluster.core(1).segments().size() == kept.size());
      CHECK(it.cluster.tables_are_equal());
      // Then each of the others may go.
      it.crash(0, true);
      it.clients.read_all();
      it.cluster.world().run_for(20s);
      it.cluster.start(0);
      it.check_results();
    }
  }
}

TEST_CASE("a full disk refuses, loses nothing, and goes on when there is room") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    stage it{seed, 3};
    for (uint32_t node = 0; node < 3; ++node)
      it.cluster.disk(node).full = true;
    it.submit(1'000);
    it.cluster.world().run_for(10s);
    CHECK(it.clients.items_acknowledged() == 0);
    for (uint32_t node = 0; node < 3; ++node)
      it.cluster.disk(node).full = false;
    CHECK(it.ends_within(60s));
    it.check_results();
  }
}

TEST_CASE("results are kept for their retention and removed from every node after it, and do not come back") {
  stage it{1, 3};
  it.submit(600);
  CHECK(it.ends_within(20s));
  it.cluster.world().run_for(24h - 1min);
  for (uint32_t node = 0; node < 3; ++node)
    CHECK(!it.cluster.core(node).segments().empty());
  it.crash(2, true); // it sleeps through the removal
  it.cluster.world().run_for(10min);
  it.cluster.start(2);
  it.cluster.world().run_for(5min);
  for (uint32_t node = 0; node < 3; ++node) {
    CAPTURE(node);
    CHECK(it.cluster.core(node).segments().empty());
    CHECK(it.cluster.disk(node).segments() == 0);
    REQUIRE(it.cluster.core(node).headers().size() == 1);
    CHECK(it.cluster.core(node).headers()[0].state == job_state::removed);
  }
  it.cluster.world().run_for(25h);
  for (uint32_t node = 0; node < 3; ++node)
    CHECK(it.cluster.core(node).headers().empty());
}
