#include "runtime/batching/turn_order.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <vector>

using namespace weft;

namespace {

/// Serves `turns` times at `cost` each and counts what every call got.
std::map<uint64_t, uint64_t> serve(turn_order& order, size_t turns, uint64_t cost = 1) {
  std::map<uint64_t, uint64_t> got;
  for (size_t i = 0; i < turns; ++i) {
    auto call = order.next();
    order.charge(call, cost);
    got[call] += cost;
  }
  return got;
}

} // namespace

TEST_CASE("while all priorities have work they get 16 : 4 : 1") {
  turn_order order{1};
  order.add(1, priority::high);
  order.add(2, priority::normal);
  order.add(3, priority::batch);
  auto got = serve(order, 2'100);
  CHECK(got[1] == doctest::Approx(1'600).epsilon(0.02));
  CHECK(got[2] == doctest::Approx(400).epsilon(0.02));
  CHECK(got[3] == doctest::Approx(100).epsilon(0.05));
}

TEST_CASE("no priority waits longer than 21 units of service, whatever the others bring") {
  for (auto level : {priority::high, priority::normal, priority::batch}) {
    CAPTURE(static_cast<int>(level));
    turn_order order{1};
    order.add(1, priority::high);
    order.add(2, priority::normal);
    order.add(3, priority::batch);
    auto mine = static_cast<uint64_t>(level) + 1;
    int waited = 0, longest = 0;
    for (int i = 0; i < 1'000; ++i) {
      auto call = order.next();
      order.charge(call, 1);
      waited = call == mine ? 0 : waited + 1;
      longest = std::max(longest, waited);
    }
    CHECK(longest <= 21);
  }
}

TEST_CASE("a priority that slept has saved up nothing") {
  turn_order order{1};
  order.add(1, priority::batch);
  serve(order, 1'000);
  order.add(2, priority::high);
  auto got = serve(order, 34);
  CHECK(got[1] == doctest::Approx(2).epsilon(0.6));
  order.remove(2);
  serve(order, 1'000);
  order.add(2, priority::high);
  got = serve(order, 34);
  CHECK(got[1] <= 3);
  CHECK(got[1] >= 1);
}

TEST_CASE("the highest waiting priority is served first") {
  turn_order order{1};
  order.add(1, priority::batch);
  order.add(2, priority::normal);
  order.add(3, priority::high);
  CHECK(order.next() == 3);
}

TEST_CASE("calls of one priority take turns of a quantum each") {
  turn_order order{10};
  for (uint64_t call : {1, 2, 3})
    order.add(call, priority::normal);
  std::vector<uint64_t> turns;
  for (int i = 0; i < 8; ++i) {
    turns.push_back(order.next());
    order.charge(turns.back(), 5);
  }
  CHECK(turns == std::vector<uint64_t>{1, 1, 2, 2, 3, 3, 1, 1});
}

TEST_CASE("a turn that was begun by one call is not charged to the next") {
  turn_order order{10};
  order.add(1, priority::normal);
  order.add(2, priority::normal);
  order.charge(order.next(), 9);
  order.remove(1);
  order.charge(order.next(), 9);
  CHECK(order.next() == 2);
  order.remove(2);
  CHECK(order.empty());
}
