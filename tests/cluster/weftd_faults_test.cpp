#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/steady_load.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <iostream>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
using clock_type = std::chrono::steady_clock;

namespace {

/// A cluster with clients at work.
struct loaded_cluster {
  explicit loaded_cluster(int count)
      : nodes(count), load({.endpoints = nodes.endpoints(), .answers = &known_answers()}) {
    REQUIRE(load.goes_on());
  }

  /// Ends the clients; none may have had a failed call or a wrong vector.
  void all_calls_good(const char* what) {
    const auto seen = load.stop();
    std::cout << what << ": " << seen.calls << " calls, " << seen.attempts - seen.calls << " tried again, "
              << seen.failed << " failed, " << seen.wrong << " wrong, slowest " << seen.slowest.count() << " ms\n";
    CHECK(seen.calls > 0);
    CHECK_MESSAGE(seen.failed == 0, seen.first_problem);
    CHECK_MESSAGE(seen.wrong == 0, seen.first_problem);
  }

  cluster_fixture nodes;
  steady_load load;
};

auto since(clock_type::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
}

} // namespace

TEST_CASE("kill -9 of one node after the other costs no call and changes no vector") {
  loaded_cluster cluster{long_tests() ? 9 : 3};
  const int rounds = long_tests() ? 2 : 1;
  for (int round = 1; round <= rounds; ++round)
    for (size_t i = 0; i < cluster.nodes.size(); ++i) {
      auto& node = cluster.nodes[i];
      CAPTURE(node.name());
      const auto epoch = node.members()[node.name()].epoch();
      CHECK(node.end(SIGKILL) == 128 + SIGKILL);
      REQUIRE(cluster.nodes.others_see(node, pb::NODE_STATE_DEAD));
      REQUIRE(cluster.load.goes_on());
      node.start();
      REQUIRE(cluster.nodes.whole());
      CHECK(node.members()[node.name()].epoch() > epoch);
      REQUIRE(cluster.load.goes_on());
    }
  cluster.all_calls_good("kill -9 in rotation");
}

TEST_CASE("a node that stands still for 3 s under load is not called dead, and its calls are answered") {
  loaded_cluster cluster{3};
  auto& still = cluster.nodes[1];
  const auto began = clock_type::now();
  still.process().send_signal(SIGSTOP);
  CHECK(cluster.nodes.comes_true([&] {
    for (auto* node : {&cluster.nodes[0], &cluster.nodes[2]})
      CHECK(node->sees("n2") != pb::NODE_STATE_DEAD);
    return since(began) >= 3s;
  }));
  still.process().send_signal(SIGCONT);
  REQUIRE(cluster.nodes.whole());
  REQUIRE(cluster.load.goes_on());
  cluster.all_calls_good("SIGSTOP for 3 s");
  CHECK(cluster.nodes.deaths_told() == 0);
}

TEST_CASE("a node that stands still for long is called dead, and rejoins by itself when it goes on") {
  loaded_cluster cluster{3};
  auto& still = cluster.nodes[2];
  const auto epoch = still.members()["n3"].epoch();
  const auto began = clock_type::now();
  still.process().send_signal(SIGSTOP);
  REQUIRE(cluster.nodes.others_see(still, pb::NODE_STATE_DEAD));
  std::cout << "SIGSTOP: dead for all after " << since(began).count() << " ms\n";
  CHECK(since(began) < 20s);
  if (long_tests())
    CHECK(cluster.nodes.comes_true([&] { return since(began) >= 20s; }));
  REQUIRE(cluster.load.goes_on()); // the others took over
  still.process().send_signal(SIGCONT);
  const auto woken = clock_type::now();
  REQUIRE(cluster.nodes.whole(30s));
  std::cout << "SIGCONT: all views whole after " << since(woken).count() << " ms\n";
  for (size_t i = 0; i < cluster.nodes.size(); ++i)
    CHECK(cluster.nodes[i].members()["n3"].epoch() == epoch); // the same process
  const auto served = still.metric("weft_calls_total");
  CHECK(cluster.nodes.comes_true([&] { return still.metric("weft_calls_total") > served; }));
  cluster.all_calls_good("SIGSTOP until death");
}

TEST_CASE("a rolling restart fails no call") {
  loaded_cluster cluster{long_tests() ? 5 : 3};
  for (size_t i = 0; i < cluster.nodes.size(); ++i) {
    auto& node = cluster.nodes[i];
    CAPTURE(node.name());
    CHECK(node.end(SIGTERM) == 0);
    CHECK(node.process().errors().find("member died") == std::string::npos);
    REQUIRE(cluster.nodes.others_see(node, pb::NODE_STATE_LEFT));
    REQUIRE(cluster.load.goes_on());
    node.start();
    REQUIRE(cluster.nodes.whole());
    REQUIRE(cluster.load.goes_on());
  }
  cluster.all_calls_good("rolling restart");
}
