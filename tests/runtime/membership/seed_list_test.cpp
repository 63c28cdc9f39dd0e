#include "runtime/membership/seed_list.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("a seed is tried ever less often until somebody answers, and again when that one is gone") {
  random_source random{1};
  seed_list seeds;
  seeds.add({"own:1", "a:1", "a:1", "b:1"}, "own:1", 8, time_point{});
  bool live = false;
  auto due = [&](duration at) {
    return seeds
        .take_due(
            8, [&](node_id) { return live; }, random, time_point{} + at)
        .size();
  };
  CHECK(due(0s) == 2); // without ourselves, each once
  CHECK(due(0s) == 0);
  int tries = 0;
  for (auto at = 0ms; at < 60s; at += 100ms)
    tries += static_cast<int>(due(at));
  CHECK(tries >= 2 * 6);
  CHECK(tries <= 2 * 11);
  seeds.settled("a:1", node_id{1});
  seeds.settled("b:1", node_id{2});
  live = true;
  CHECK(due(100s) == 0);
  live = false;
  CHECK(due(200s) == 2);
}

TEST_CASE("addresses are bounded") {
  seed_list seeds;
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i)
    many.push_back("n" + std::to_string(i));
  seeds.add(many, "", 5, time_point{});
  random_source random{1};
  CHECK(seeds
            .take_due(
                100, [](node_id) { return false; }, random, time_point{})
            .size() == 5);
}
