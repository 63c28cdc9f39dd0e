#include "node/grpc/byte_budget.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using weft::byte_budget;

namespace {

struct waiting final : byte_budget::waiter {
  explicit waiting(std::function<void(uint64_t)> then_) : then(std::move(then_)) {}
  void granted(uint64_t bytes) override { then(bytes); }
  std::function<void(uint64_t)> then;
};

} // namespace

TEST_CASE("credit is given up to the bound, and more than the whole bound only to the first") {
  byte_budget budget(100);
  CHECK(budget.take(60));
  CHECK_FALSE(budget.take(41));
  CHECK(budget.take(40));
  CHECK(budget.used_up());
  budget.give_back(100);
  CHECK(budget.take(1'000));
  CHECK_FALSE(budget.take(1));
  budget.give_back(1'000);
  CHECK(budget.bytes_held() == 0);
}

TEST_CASE("who waits is served in order, nobody overtakes, and who has gone is passed over") {
  byte_budget budget(100);
  std::string order;
  const auto make = [&](char name) { return std::make_shared<waiting>([&order, name](uint64_t) { order += name; }); };
  auto a = make('a'), b = make('b'), c = make('c');
  REQUIRE(budget.take(90));
  CHECK_FALSE(budget.take_or_wait(80, a));
  CHECK_FALSE(budget.take_or_wait(10, b));
  CHECK_FALSE(budget.take_or_wait(10, c));
  CHECK_FALSE(budget.take(5)); // there is room, and a line
  b.reset();
  budget.give_back(60);
  CHECK(order.empty()); // 30 + 80 > 100
  budget.give_back(30);
  CHECK(order == "ac");
  CHECK(budget.bytes_held() == 90);
  CHECK(budget.take(10));
}

TEST_CASE("a row of waiters that give back at once is served without nesting") {
  byte_budget budget(10);
  int depth = 0, deepest = 0, served = 0;
  std::vector<std::shared_ptr<waiting>> all;
  REQUIRE(budget.take(10));
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(std::make_shared<waiting>([&](uint64_t bytes) {
      deepest = std::max(deepest, ++depth);
      ++served;
      budget.give_back(bytes);
      --depth;
    }));
    CHECK_FALSE(budget.take_or_wait(10, all.back()));
  }
  budget.give_back(10);
  CHECK(served == 10'000);
  CHECK(deepest == 1);
  CHECK(budget.bytes_held() == 0);
}
