#include "runtime/cache/near_cache.hpp"
#include "tests/runtime/cache/cache_world.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("a near cache gives what was put, whole identity compared, until its lifetime or generation ends") {
  near_cache near{{.lifetime = 5s}};
  const auto key = key_of(what("a"));
  near.put(what("a"), key, vector_value(1), cache_start);
  REQUIRE(near.get(what("a"), key, cache_start + 4s));
  CHECK(first_of(*near.get(what("a"), key, cache_start + 4s)) == 1);
  CHECK(!near.get(what("b"), key, cache_start));
  CHECK(!near.get(what("a"), key, cache_start + 5s));
  near.put(what("a"), key, vector_value(1), cache_start);
  near.clear(1);
  CHECK(!near.get(what("a"), key, cache_start));
  near.put(what("a"), key, vector_value(1), cache_start); // late news of the old generation
  CHECK(!near.get(what("a"), key, cache_start));
}

TEST_CASE("a near cache keeps its budget and forgets what has expired") {
  near_cache near{{.bytes_max = 5'000, .lifetime = 5s}};
  for (int i = 0; i < 100; ++i) {
    const auto text = std::to_string(i);
    near.put(what(text), key_of(what(text)), vector_value(1), cache_start);
    REQUIRE(near.counters()[cache_level::l1].bytes <= 5'000);
  }
  CHECK(near.counters()[cache_level::l1].entries > 5);
  near.tick(cache_start + 5s);
  CHECK(near.counters()[cache_level::l1].entries == 0);
}
