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
  turn_order order;
  order.add(1, priority::high, 0);
  order.add(2, priority::normal, 0);
  order.add(3, priority::batch, 0);
  auto got = serve(order, 2'100);
  CHECK(got[1] == doctest::Approx(1'600).epsilon(0.02));
  CHECK(got[2] == doctest::Approx(400).epsilon(0.02));
  CHECK(got[3] == doctest::Approx(100).epsilon(0.05));
}

TEST_CASE("no priority waits longer than 21 units of service, whatever the others bring") {
  for (auto level : {priority::high, priority::normal, priority::batch}) {
    CAPTURE(static_cast<int>(level));
    turn_order order;
    order.add(1, priority::high, 0);
    order.add(2, priority::normal, 0);
    order.add(3, priority::batch, 0);
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
  turn_order order;
  order.add(1, priority::batch, 0);
  serve(order, 1'000);
  order.add(2, priority::high, 0);
  auto got = serve(order, 34);
  CHECK(got[1] == doctest::Approx(2).epsilon(0.6));
  order.remove(2);
  serve(order, 1'000);
  order.add(2, priority::high, 0);
  got = serve(order, 34);
  CHECK(got[1] <= 3);
  CHECK(got[1] >= 1);
}

TEST_CASE("the highest waiting priority is served first") {
  turn_order order;
  order.add(1, priority::batch, 0);
  order.add(2, priority::normal, 0);
  order.add(3, priority::high, 0);
  CHECK(order.next() == 3);
}

TEST_CASE("of one priority the cheap go before the dear, and equals in the order in which they came") {
  turn_order order;
  uint64_t call = 0;
  for (uint64_t cost : {10, 100, 10, 1})
    order.add(++call, priority::normal, cost);
  std::vector<uint64_t> turns;
  for (; !order.empty(); order.remove(turns.back()))
    turns.push_back(order.next());
  CHECK(turns == std::vector<uint64_t>{4, 1, 3, 2});
}

TEST_CASE("a quarter goes to the oldest call, however many cheaper ones come") {
  for (uint64_t cost : {1, 7, 300}) {
    CAPTURE(cost);
    turn_order order;
    order.add(1, priority::normal, 1'000'000);
    uint64_t last = 1, cheap = 0, oldest = 0;
    while (cheap + oldest < 40'000) {
      order.add(++last, priority::normal, 500);
      auto turn = order.next();
      auto served = turn == 1 ? 100 : cost;
      order.charge(turn, served);
      (turn == 1 ? oldest : cheap) += served;
      if (turn != 1)
        order.remove(turn);
    }
    CHECK(static_cast<double>(oldest) / static_cast<double>(oldest + cheap) == doctest::Approx(0.25).epsilon(0.05));
  }
}

TEST_CASE("who leaves and comes back keeps its place") {
  turn_order order;
  order.add(1, priority::normal, 5);
  order.charge(order.next(), 4);
  order.remove(1); // its next text is not tokenized yet
  order.add(2, priority::normal, 5);
  order.charge(order.next(), 1);
  order.add(1, priority::normal, 5);
  CHECK(order.next() == 1);
  order.remove(1);
  order.remove(2);
  CHECK(order.empty());
}
