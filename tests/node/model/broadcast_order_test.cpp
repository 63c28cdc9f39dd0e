#include "node/model/broadcast_order.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::string>;

} // namespace

TEST_CASE("each node that fetches is sent to the ones before it, the nearest first") {
  broadcast_order order;
  const time_point now{};
  CHECK(order.announce("a", now).empty());
  CHECK(order.announce("b", now) == list{"a"});
  CHECK(order.announce("c", now) == list{"b", "a"});
  CHECK(order.announce("d", now) == list{"c", "b", "a"});
  CHECK(order.announce("e", now) == list{"d", "c", "b"});
}

TEST_CASE("who tells again that it fetches keeps its place") {
  broadcast_order order;
  const time_point now{};
  for (const auto* it : {"a", "b", "c"})
    order.announce(it, now);
  CHECK(order.announce("b", now + 1s) == list{"a"});
  CHECK(order.announce("a", now + 1s).empty());
  CHECK(order.announce("c", now + 1s) == list{"b", "a"});
}

TEST_CASE("who was silent for the lease is nobody's source any more") {
  broadcast_order order;
  const time_point now{};
  order.announce("a", now);
  order.announce("b", now);
  for (const auto& [wait, want] : {std::pair{29'999ms, list{"b", "a"}}, {30'000ms, list{"b"}}}) {
    auto later = order;
    later.announce("b", now + 29s);
    CHECK(later.announce("c", now + wait) == want);
  }
}

TEST_CASE("who does not pass pieces on, or comes when the chain is full, is told whom to ask and is nobody's source") {
  broadcast_order order{{.nodes_max = 2}};
  const time_point now{};
  CHECK(order.announce("", now).empty());
  CHECK(order.announce("a", now).empty());
  CHECK(order.announce("b", now) == list{"a"});
  CHECK(order.announce("c", now) == list{"b", "a"});
  CHECK(order.announce("d", now) == list{"b", "a"});
  CHECK(order.announce("", now) == list{"b", "a"});
}
