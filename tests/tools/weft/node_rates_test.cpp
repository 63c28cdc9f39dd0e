#include "tools/weft/node_rates.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
using namespace std::chrono_literals;

namespace {

weft::v1::ListNodesResponse one_node(uint64_t calls, uint64_t items) {
  weft::v1::ListNodesResponse nodes;
  auto& node = *nodes.add_nodes();
  node.set_name("n1");
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
