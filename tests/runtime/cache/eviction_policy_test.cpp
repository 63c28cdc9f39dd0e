#include "runtime/cache/cache_table.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace weft;

namespace {

struct nothing {};
using table = cache_table<nothing>;

cache_key key(uint64_t n) {
  return {n, n * 0x9E37'79B9'7F4A'7C15ULL};
}

/// Asks for the key and puts it on a miss; the keys that left.
std::vector<uint64_t> ask(table& cache, frequency_sketch& sketch, uint64_t n, uint32_t bytes = 1, double cost = 1,
                          time_point expires = time_point::max()) {
  sketch.count(key(n).low);
  if (auto* found = cache.find(key(n))) {
    cache.touch(*found);
    return {};
  }
  std::vector<table::entry> left;
  cache.put({.key = key(n), .bytes = bytes, .cost = cost, .expires = expires}, left);
  std::vector<uint64_t> numbers;
  for (const auto& e : left)
    numbers.push_back(e.key.high);
  return numbers;
}

using numbers = std::vector<uint64_t>;

} // namespace

TEST_CASE("lru evicts what was used longest ago") {
  frequency_sketch sketch{8};
  table cache{policy_kind::lru, 3, sketch};
  for (uint64_t n : {1, 2, 3, 1})
    ask(cache, sketch, n);
  CHECK(ask(cache, sketch, 4) == numbers{2});
  CHECK(ask(cache, sketch, 5) == numbers{3});
}

TEST_CASE("lfu evicts what was used least, between equals the oldest") {
  frequency_sketch sketch{8};
  table cache{policy_kind::lfu, 3, sketch};
  for (uint64_t n : {1, 1, 2, 3, 3})
    ask(cache, sketch, n);
  CHECK(ask(cache, sketch, 4) == numbers{2});
  CHECK(ask(cache, sketch, 5) == numbers{4});
}

TEST_CASE("ttl evicts what expires first") {
  frequency_sketch sketch{8};
  table cache{policy_kind::ttl, 3, sketch};
  const auto at = [](int s) { return time_point{} + std::chrono::seconds{s}; };
  ask(cache, sketch, 1, 1, 1, at(30));
  ask(cache, sketch, 2, 1, 1, at(10));
  ask(cache, sketch, 3, 1, 1, at(20));
  ask(cache, sketch, 2);
  CHECK(ask(cache, sketch, 4, 1, 1, at(40)) == numbers{2});
  CHECK(ask(cache, sketch, 5, 1, 1, at(5)) == numbers{5});
}

TEST_CASE("gdsf keeps what saves the most a byte, and lets what is no longer used sink") {
  frequency_sketch sketch{8};
  table cache{policy_kind::gdsf, 100, sketch};
  ask(cache, sketch, 1, 50, 100); // dear and large: 2 a byte
  ask(cache, sketch, 2, 10, 30);  // 3 a byte
  ask(cache, sketch, 3, 40, 40);  // 1 a byte
  CHECK(ask(cache, sketch, 4, 40, 60) == numbers{3});
  // 1 is never used again: newcomers of 1.4 a byte, worth less than it, enter above the rank of the last evicted.
  bool gone = false;
  for (uint64_t n = 10; n < 20 && !gone; ++n)
    for (auto left : ask(cache, sketch, n, 40, 56))
      gone = gone || left == 1;
  CHECK(gone);
}

TEST_CASE("w-tinylfu does not let one-time keys push out what is asked for again") {
  frequency_sketch sketch{100};
  table cache{policy_kind::tiny_lfu, 100, sketch};
  for (int round = 0; round < 5; ++round)
    for (uint64_t n = 0; n < 90; ++n)
      ask(cache, sketch, n);
  for (uint64_t n = 1'000; n < 2'000; ++n)
    ask(cache, sketch, n);
  int kept = 0;
  for (uint64_t n = 0; n < 90; ++n)
    kept += cache.find(key(n)) != nullptr;
  CHECK(kept >= 85);
}

TEST_CASE("w-tinylfu's filter is active from the first eviction on") {
  frequency_sketch sketch{4};
  table cache{policy_kind::tiny_lfu, 4, sketch};
  for (int round = 0; round < 3; ++round)
    for (uint64_t n : {1, 2, 3, 4})
      ask(cache, sketch, n);
  CHECK(ask(cache, sketch, 5) == numbers{5});
}

TEST_CASE("whatever the policy, the budget holds after every step and the accounts agree") {
  for (auto kind : policy_kinds) {
    const uint64_t seed = 3;
    CAPTURE(to_string(kind));
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    frequency_sketch sketch{64};
    table cache{kind, 1'000, sketch};
    std::vector<table::entry> left;
    for (int i = 0; i < 20'000; ++i) {
      const auto n = random() % 300;
      switch (random() % 8) {
      case 0:
        cache.erase(key(n));
        break;
      case 1:
        cache.sweep(5, [&](const auto& e) { return e.key.high % 7 == 0; });
        break;
      case 2: // replaced, perhaps by one of another size, perhaps too large for the cache
        cache.put({.key = key(n), .bytes = static_cast<uint32_t>(1 + random() % 1'100), .cost = 1}, left);
        break;
      default:
        ask(cache, sketch, n, static_cast<uint32_t>(1 + random() % 60), static_cast<double>(random() % 9),
            time_point{} + std::chrono::seconds{random() % 50});
      }
      REQUIRE(cache.bytes() <= cache.bytes_max());
    }
    uint64_t bytes = 0;
    std::set<cache_key> seen;
    cache.for_each([&](const auto& e) {
      bytes += e.bytes;
      seen.insert(e.key);
    });
    CHECK(bytes == cache.bytes());
    CHECK(seen.size() == cache.size());
  }
}

TEST_CASE("what is larger than the whole cache leaves at once and pushes nobody out") {
  frequency_sketch sketch{8};
  table cache{policy_kind::tiny_lfu, 10, sketch};
  ask(cache, sketch, 1, 5);
  CHECK(ask(cache, sketch, 2, 11) == numbers{2});
  CHECK(cache.find(key(1)) != nullptr);
}

TEST_CASE("names of policies are read as they are written") {
  for (auto kind : policy_kinds)
    CHECK(parse_policy_kind(to_string(kind)) == kind);
  CHECK(!parse_policy_kind("random"));
}
