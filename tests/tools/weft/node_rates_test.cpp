#include "tools/weft/node_rates.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
using namespace std::chrono_literals;

namespace {

weft::v1::ListNodesResponse one_node(uint64_t calls, uint64_t items) {
  weft::v1::ListNodesResponse nodes;
  auto& node = *nodes.add_nodes();
  node.set_name("n1");
  node.set_version("1.2.3"); // it reports
  node.mutable_load()->set_calls_done(calls);
  auto& pool = *node.add_pools();
  pool.set_name("cpu");
  pool.set_items_done(items);
  pool.set_tokens_done(items * 10);
  return nodes;
}

} // namespace

TEST_CASE("rates come from two looks and the time between them") {
  const node_rates::time_point start{};
  node_rates r;
  r.look(one_node(5, 100), start);
  CHECK_FALSE(r.total());
  CHECK(r.history().empty());
  r.look(one_node(7, 300), start + 2s);
  REQUIRE(r.total());
  CHECK(r.total()->calls == doctest::Approx(1));
  CHECK(r.total()->items == doctest::Approx(100));
  CHECK(r.of_node("n1")->tokens == doctest::Approx(1000));
  CHECK(r.of_pool("n1", "cpu")->items == doctest::Approx(100));
  CHECK_FALSE(r.of_node("n2"));
  CHECK(r.history() == std::deque<double>{100});
}

TEST_CASE("a restarted node has no rate until the next look") {
  const node_rates::time_point start{};
  node_rates r;
  r.look(one_node(5, 100), start);
  r.look(one_node(0, 3), start + 1s);
  CHECK_FALSE(r.of_node("n1"));
  r.look(one_node(0, 13), start + 2s);
  CHECK(r.of_node("n1")->items == doctest::Approx(10));
}

TEST_CASE("hits and latency are those between two looks") {
  const node_rates::time_point start{};
  node_rates r;
  const auto look = [&](uint64_t hits, uint64_t computed, uint64_t fast, uint64_t all, std::chrono::seconds at) {
    auto nodes = one_node(all, computed);
    auto& node = *nodes.mutable_nodes(0);
    node.mutable_cache()->mutable_packed()->set_hits(hits);
    node.mutable_cache()->set_computed(computed);
    for (const auto& [seconds, calls] : {std::pair{0.001, fast}, {0.1, all}}) {
      auto& step = *node.mutable_load()->add_call_latency();
      step.set_seconds_max(seconds);
      step.set_calls(calls);
    }
    r.look(nodes, start + at);
  };
  look(100, 100, 100, 100, 0s);
  look(130, 110, 100, 140, 1s);
  REQUIRE(r.total());
  CHECK(*r.total()->hit_share() == doctest::Approx(0.75));
  CHECK(*quantile(r.total()->latency, 0.5) > 0.001); // none of the 40 was fast
  look(130, 110, 100, 140, 2s);
  CHECK_FALSE(r.total()->hit_share());
  CHECK_FALSE(quantile(r.total()->latency, 0.5));
}

TEST_CASE("a node that does not report has no rate, also when it does again") {
  const node_rates::time_point start{};
  node_rates r;
  r.look(one_node(5, 100), start);
  auto silent = one_node(0, 0);
  silent.mutable_nodes(0)->clear_version();
  r.look(silent, start + 1s);
  CHECK_FALSE(r.of_node("n1"));
  r.look(one_node(500, 9'000), start + 2s);
  CHECK_FALSE(r.of_node("n1")); // what it did meanwhile was not done in a second
  r.look(one_node(501, 9'000), start + 3s);
  CHECK(r.of_node("n1")->calls == doctest::Approx(1));
}
