#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/split_network.hpp"
#include "tests/cluster/steady_load.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <iostream>
#include <utility>
#include <vector>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
using clock_type = std::chrono::steady_clock;
using directions = std::vector<std::pair<size_t, size_t>>; // from, to

namespace {

constexpr size_t alone = 2; // the node that is cut off
const directions both_ways{{0, alone}, {alone, 0}, {1, alone}, {alone, 1}};

auto since(clock_type::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
}

std::vector<cluster_node::options> one_in_each(const split_network& network) {
  std::vector<cluster_node::options> out;
  for (size_t i = 0; i < 3; ++i)
    out.push_back({.name = "n" + std::to_string(i + 1),
                   .settings = {"tls.allow_plaintext=true"},
                   .host = network.address(i),
                   .shell_before = network.shell_before(i)});
  return out;
}

/// Three nodes in a network that can be cut, with clients that reach all of them at all times.
struct split_cluster {
  explicit split_cluster(split_network& n)
      : network(n), nodes(one_in_each(n)), load({.endpoints = nodes.endpoints(), .answers = &known_answers()}) {
    REQUIRE(load.goes_on());
  }
  void cut(const directions& ways) {
    for (const auto& [from, to] : ways)
      network.cut(from, to);
  }
  void heal(const directions& ways) {
    for (const auto& [from, to] : ways)
      network.heal(from, to);
  }
  void stay(std::chrono::milliseconds time) {
    const auto end = clock_type::now() + time;
    CHECK(nodes.comes_true([&] { return clock_type::now() >= end; }));
  }
  /// The views are whole in time, and no call has suffered.
  void recovers(const char* what) {
    const auto healed = clock_type::now();
    CHECK(nodes.whole(30s));
    const auto took = since(healed);
    REQUIRE(load.goes_on());
    const auto seen = load.stop();
    std::cout << what << ": views whole " << took.count() << " ms after it healed; " << seen.calls << " calls, "
              << seen.failed << " failed, " << seen.wrong << " wrong, slowest " << seen.slowest.count() << " ms\n";
    CHECK_MESSAGE(seen.failed == 0, seen.first_problem);
    CHECK_MESSAGE(seen.wrong == 0, seen.first_problem);
  }

  split_network& network;
  cluster_fixture nodes;
  steady_load load;
};

} // namespace

TEST_CASE("cut in two, both sides serve and hold the other for dead; healed, all views are equal within 30 s") {
  split_network network{3};
  if (!network.problem().empty()) {
    MESSAGE("skipped: no network that can be cut here: " << network.problem());
    return;
  }
  {
    split_cluster cluster{network};
    auto& nodes = cluster.nodes;
    const auto began = clock_type::now();
    cluster.cut(both_ways);
    REQUIRE(nodes.others_see(nodes[alone], pb::NODE_STATE_DEAD));
    for (const auto* other : {"n1", "n2"})
      REQUIRE(nodes.comes_true([&] { return nodes[alone].sees(other) == pb::NODE_STATE_DEAD; }));
    std::cout << "partition: known on both sides after " << since(began).count() << " ms\n";
    CHECK(nodes[0].sees("n2") == pb::NODE_STATE_SERVING);
    CHECK(nodes[1].sees("n1") == pb::NODE_STATE_SERVING);
    REQUIRE(cluster.load.goes_on());
    cluster.heal(both_ways);
    cluster.recovers("partition");
  }
  if (!long_tests())
    return;
  {
    split_cluster cluster{network};
    const directions one_way{{alone, 0}, {alone, 1}};
    cluster.cut(one_way);
    cluster.stay(30s);
    cluster.heal(one_way);
    cluster.recovers("one-way cut for 30 s");
  }
  {
    split_cluster cluster{network};
    for (int i = 0; i < 8; ++i) {
      cluster.cut(both_ways);
      cluster.stay(4s);
      cluster.heal(both_ways);
      cluster.stay(2s);
    }
    cluster.recovers("flapping, 4 s of 6 cut, 8 times");
  }
}
