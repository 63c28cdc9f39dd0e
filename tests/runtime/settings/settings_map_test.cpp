#include "runtime/settings/settings_map.hpp"
#include "tests/runtime/settings/settings_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("a value that is set is found until it is removed, under versions that rise") {
  settings_map map;
  const auto first = map.set("a", "1", node_id{7}, noon);
  REQUIRE(first);
  CHECK(first->number == 1);
  CHECK(first->writer == node_id{7});
  CHECK(map.set("a", "2", node_id{8}, noon + 1s)->number == 2);
  CHECK(map.find("a")->value == "2");
  const auto gone = map.remove("a", node_id{7}, noon + 2s);
  REQUIRE(gone);
  CHECK(gone->number == 3);
  CHECK(map.find("a") == nullptr);
  CHECK(map.list().empty());
  CHECK(map.remove("a", node_id{7}, noon).error().code == errc::invalid_argument);
  CHECK(map.set("a", "3", node_id{7}, noon + 3s)->number == 4);
  CHECK(map.find("a")->value == "3");
}

TEST_CASE("the same value once more changes nothing") {
  settings_map map;
  REQUIRE(map.set("a", "1", node_id{7}, noon));
  const auto before = map.revision();
  CHECK(map.set("a", "1", node_id{8}, noon + 1s)->number == 1);
  CHECK(map.revision() == before);
}

TEST_CASE("of two entries the higher version stays, then the higher writer, whichever comes first") {
  const auto old = entry("a", "old", 1, 9);
  const auto low = entry("a", "low", 2, 1);
  const auto high = entry("a", "high", 2, 2);
  std::vector<settings_entry> all{old, low, high};
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
  do {
    settings_map map;
    for (const auto& one : all)
      map.merge({one});
    CHECK(map.find("a")->value == "high");
  } while (
      std::next_permutation(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.value < b.value; }));
}

TEST_CASE("merging is idempotent, commutative and associative") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto a = random_entries(random, random() % 30);
    const auto b = random_entries(random, random() % 30);
    const auto c = random_entries(random, random() % 30);
    const auto merged = [](std::initializer_list<const std::vector<settings_entry>*> parts) {
      settings_map map;
      for (const auto* part : parts)
        map.merge(*part);
      return map;
    };
    const auto abc = merged({&a, &b, &c});
    const auto cba = merged({&c, &b, &a});
    auto bc = merged({&b, &c});
    auto a_bc = merged({&a});
    a_bc.merge(all_entries(bc));
    REQUIRE(all_entries(abc) == all_entries(cba));
    REQUIRE(all_entries(abc) == all_entries(a_bc));
    REQUIRE(abc.hash() == cba.hash());
    REQUIRE(abc.hash() == a_bc.hash());
    auto again = abc;
    CHECK(again.merge(all_entries(abc)).changed.empty());
    CHECK(again.revision() == abc.revision());
  }
}

TEST_CASE("the hash and the bytes are those of the entries, however they came there") {
  std::mt19937_64 random(5);
  settings_map long_way;
  for (int i = 0; i < 200; ++i)
    long_way.merge(random_entries(random, 3));
  settings_map short_way;
  short_way.merge(all_entries(long_way));
  CHECK(long_way.hash() == short_way.hash());
  CHECK(long_way.bytes() == short_way.bytes());
  settings_map other = short_way;
  REQUIRE(other.set("k1", "something else", node_id{1}, noon));
  CHECK(other.hash() != short_way.hash());
}

TEST_CASE("every limit has an answer") {
  settings_map map{{.entries_max = 2, .bytes_max = 300, .key_bytes_max = 4, .value_bytes_max = 100}};
  CHECK(map.set("", "v", node_id{1}, noon).error().code == errc::invalid_argument);
  CHECK(map.set("12345", "v", node_id{1}, noon).error().code == errc::invalid_argument);
  CHECK(map.set("a", std::string(101, 'v'), node_id{1}, noon).error().code == errc::invalid_argument);
  REQUIRE(map.set("a", std::string(100, 'v'), node_id{1}, noon));
  REQUIRE(map.set("b", std::string(100, 'v'), node_id{1}, noon));
  CHECK(map.bytes() == 298);
  CHECK(map.set("c", "", node_id{1}, noon).error().code == errc::settings_full);
  CHECK(map.set("b", std::string(99, 'w'), node_id{1}, noon));
  CHECK(map.list().size() == 2);
}

TEST_CASE("the sum of all bytes is limited too") {
  settings_map map{{.entries_max = 100, .bytes_max = 300, .value_bytes_max = 100}};
  REQUIRE(map.set("a", std::string(100, 'v'), node_id{1}, noon));
  REQUIRE(map.set("b", std::string(100, 'v'), node_id{1}, noon));
  CHECK(map.set("c", "", node_id{1}, noon).error().code == errc::settings_full);
}

TEST_CASE("what two halves of a cluster wrote within their limits fits together, more is refused") {
  settings_map map{{.entries_max = 3}};
  for (char key : {'a', 'b', 'c'})
    REQUIRE(map.set(std::string(1, key), "here", node_id{1}, noon));
  std::vector<settings_entry> there;
  for (char key : {'d', 'e', 'f'})
    there.push_back(entry(std::string(1, key), "there", 1));
  CHECK(map.merge(there).refused == 0);
  CHECK(map.list().size() == 6);
  const auto more = map.merge({entry("g", "x", 1), entry("h", "x", 1), entry("a", "newer", 5)});
  CHECK(more.refused == 2);
  CHECK(!more.problem.empty());
  CHECK(more.changed == std::vector<std::string>{"a"});
}

TEST_CASE("an entry without a valid version, or too large, is refused, and the others are taken") {
  settings_map map{{.value_bytes_max = 10}};
  const auto got = map.merge({entry("a", "v", 0), entry("b", "v", settings_number_max + 1),
                              entry("c", std::string(11, 'v'), 1), entry("", "v", 1), entry("d", "v", 1)});
  CHECK(got.refused == 4);
  CHECK(got.changed == std::vector<std::string>{"d"});
}

TEST_CASE("a setting at its last version says so instead of starting again") {
  settings_map map;
  REQUIRE(map.set("a", "v", node_id{1}, noon, settings_number_max));
  CHECK(map.set("a", "w", node_id{1}, noon).error().code == errc::settings_full);
  CHECK(map.remove("a", node_id{1}, noon).error().code == errc::settings_full);
}

TEST_CASE("a tombstone keeps an older value away until it is too old itself") {
  settings_map map{{.tombstone_age = 1h}};
  REQUIRE(map.set("a", "1", node_id{1}, noon));
  const auto old = all_entries(map);
  REQUIRE(map.remove("a", node_id{1}, noon));
  map.merge(old);
  CHECK(map.find("a") == nullptr);
  CHECK(map.forget_expired(noon + 1h) == 0);
  CHECK(map.slots().size() == 1);
  CHECK(map.forget_expired(noon + 1h + 1ms) == 1);
  CHECK(map.slots().empty());
  CHECK(map.hash() == 0);
  CHECK(map.bytes() == 0);
}

TEST_CASE("a watcher hears of each key that has changed since it looked, removals too") {
  settings_map map;
  REQUIRE(map.set("a", "1", node_id{1}, noon));
  auto seen = map.changes_since(settings_revision{});
  CHECK(seen.keys == std::vector<std::string>{"a"});
  CHECK(map.changes_since(seen.now).keys.empty());
  map.merge({entry("b", "2", 4), entry("c", "3", 1)});
  REQUIRE(map.remove("a", node_id{1}, noon));
  seen = map.changes_since(seen.now);
  CHECK(seen.keys == std::vector<std::string>{"a", "b", "c"});
  map.merge({entry("b", "older", 3)});
  CHECK(map.changes_since(seen.now).keys.empty());
}

TEST_CASE("a list holds the live entries that start with the prefix, by key") {
  settings_map map;
  for (auto key : {"tenant.b", "tenant.a", "tenantx", "cache.generation"})
    REQUIRE(map.set(key, "v", node_id{1}, noon));
  const auto tenants = map.list("tenant.");
  REQUIRE(tenants.size() == 2);
  CHECK(tenants[0].key == "tenant.a");
  CHECK(tenants[1].key == "tenant.b");
  CHECK(map.list().size() == 4);
}
