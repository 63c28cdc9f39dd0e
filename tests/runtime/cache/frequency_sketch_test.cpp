#include "runtime/cache/frequency_sketch.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace weft;

TEST_CASE("a sketch never counts less than there was, and at most 15") {
  frequency_sketch sketch{1'024};
  for (uint64_t times = 1; times <= 20; ++times) {
    sketch.count(42);
    CAPTURE(times);
    CHECK(sketch.estimate(42) >= std::min<uint64_t>(times, 15));
    CHECK(sketch.estimate(42) <= 15);
  }
}

TEST_CASE("keys that were not counted are seldom taken for popular ones") {
  const uint64_t seed = 7;
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  frequency_sketch sketch{10'000};
  for (int i = 0; i < 10'000; ++i)
    for (uint64_t key = random(); uint64_t times : {1, 1})
      sketch.count(key + times * 0);
  int wrong = 0;
  for (int i = 0; i < 10'000; ++i)
    wrong += sketch.estimate(random()) >= 4;
  CHECK(wrong < 100);
}

TEST_CASE("a sketch ages after ten times its capacity, also when its counters are full or only one key is asked for") {
  frequency_sketch sketch{100};
  for (int i = 0; i < 999; ++i)
    sketch.count(1);
  CHECK(sketch.halvings() == 0);
  CHECK(sketch.estimate(1) == 15);
  sketch.count(1);
  CHECK(sketch.halvings() == 1);
  CHECK(sketch.estimate(1) == 7);
  for (int i = 0; i < 1'000; ++i)
    sketch.count(2);
  CHECK(sketch.halvings() == 2);
  CHECK(sketch.estimate(1) == 3);
}

TEST_CASE("growing keeps what was counted") {
  const uint64_t seed = 11;
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  frequency_sketch sketch{64};
  std::vector<uint64_t> keys;
  for (int i = 0; i < 40; ++i)
    keys.push_back(random());
  for (auto key : keys)
    for (uint64_t i = 0; i < key % 12; ++i)
      sketch.count(key);
  std::vector<uint32_t> before;
  for (auto key : keys)
    before.push_back(sketch.estimate(key));
  sketch.ensure_capacity(100'000);
  for (size_t i = 0; i < keys.size(); ++i)
    CHECK(sketch.estimate(keys[i]) == before[i]);
}
