#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/lone_answers.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <numeric>

using namespace weft::test;

namespace {

constexpr size_t texts = 200;

/// Has the node answer them all, in a few calls, and looks at every vector.
void serves_all(const cluster_node& node) {
  for (size_t at = 0; at < texts; at += 50) {
    std::vector<size_t> indices(50);
    std::iota(indices.begin(), indices.end(), at);
    const auto [status, reply] = node.embed(known_answers().request(indices));
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    CHECK(known_answers().differs(indices, reply) == "");
  }
}

double sum(cluster_fixture& nodes, size_t first, const char* name) {
  double out = 0;
  for (size_t i = 0; i < first; ++i)
    out += nodes[i].metric(name);
  return out;
}

/// Each text has one second owner.
bool all_are_copied(cluster_fixture& nodes) {
  return sum(nodes, nodes.size(), "weft_cache_replicas_total{end=\"kept\"}") >= texts;
}

} // namespace

TEST_CASE("what a killed node had computed comes from the copies of its successors; nothing is computed again") {
  cluster_fixture nodes{3};
  serves_all(nodes[0]);
  REQUIRE(nodes.comes_true([&] { return all_are_copied(nodes); }));
  nodes[2].end(SIGKILL);
  REQUIRE(nodes.comes_true([&] {
    return nodes[0].sees("n3") == weft::v1::NODE_STATE_DEAD && nodes[1].sees("n3") == weft::v1::NODE_STATE_DEAD;
  }));
  const auto before = sum(nodes, 2, "weft_engine_items_total");
  serves_all(nodes[1]);
  CHECK(sum(nodes, 2, "weft_engine_items_total") == before);
}

TEST_CASE("a node that drains gives what is hot to the next owners, who have it in memory") {
  cluster_fixture nodes{3};
  serves_all(nodes[0]);
  CHECK(nodes[2].end(SIGTERM) == 0);
  REQUIRE(nodes.comes_true([&] { return sum(nodes, 2, "weft_cache_preloaded_total") > 0; }));
  REQUIRE(nodes.comes_true([&] {
    return nodes[0].sees("n3") == weft::v1::NODE_STATE_LEFT && nodes[1].sees("n3") == weft::v1::NODE_STATE_LEFT;
  }));
  const auto before = sum(nodes, 2, "weft_engine_items_total");
  serves_all(nodes[1]);
  CHECK(sum(nodes, 2, "weft_engine_items_total") == before);
  CHECK(nodes.comes_true([&] { return sum(nodes, 2, "weft_cache_preloaded_ends_total{end=\"used\"}") > 0; }));
}
