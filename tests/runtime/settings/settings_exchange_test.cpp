#include "runtime/settings/settings_exchange.hpp"
#include "tests/runtime/settings/settings_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

bool same(const settings_map& a, const settings_map& b) {
  return all_entries(a) == all_entries(b) && summary_of(a) == summary_of(b);
}

/// Nodes with a map each, of which some can talk to each other.
struct cluster {
  explicit cluster(size_t count, uint64_t seed) : maps(count), random(seed) {}

  void write() {
    const size_t node = random() % maps.size();
    const auto key = "k" + std::to_string(random() % 10);
    const node_id writer{node + 1};
    if (random() % 4 == 0)
      (void)maps[node].remove(key, writer, noon); // not there: nothing to do
    else
      REQUIRE(maps[node].set(key, std::to_string(random() % 1'000), writer, noon));
  }
  /// A random pair exchanges, if both are on one side.
  void gossip(size_t cut, size_t bytes_max) {
    const size_t a = random() % maps.size(), b = random() % maps.size();
    if (a != b && (a < cut) == (b < cut))
      push_pull(maps[a], maps[b], bytes_max);
  }
  bool equal() const {
    return std::all_of(maps.begin(), maps.end(), [&](const auto& map) { return same(map, maps[0]); });
  }

  std::vector<settings_map> maps;
  std::mt19937_64 random;
};

} // namespace

TEST_CASE("equal maps exchange their summaries and nothing else") {
  settings_map a;
  REQUIRE(a.set("x", "1", node_id{1}, noon));
  settings_map b;
  b.merge(all_entries(a));
  const auto cost = push_pull(a, b);
  CHECK(cost.messages == 1);
  CHECK(cost.entries == 0);
}

TEST_CASE("an exchange carries only what the other side lacks, in both directions") {
  settings_map a;
  for (int i = 0; i < 100; ++i)
    REQUIRE(a.set("k" + std::to_string(i), "same", node_id{1}, noon));
  settings_map b;
  b.merge(all_entries(a));
  REQUIRE(a.set("k3", "newer at a", node_id{1}, noon));
  REQUIRE(b.set("k4", "newer at b", node_id{2}, noon));
  REQUIRE(b.set("only at b", "v", node_id{2}, noon));
  REQUIRE(a.set("only at a", "v", node_id{1}, noon));
  REQUIRE(a.remove("k5", node_id{1}, noon));
  CHECK(push_pull(a, b).entries == 5);
  CHECK(same(a, b));
  CHECK(a.find("k4")->value == "newer at b");
  CHECK(b.find("k5") == nullptr);
}

TEST_CASE("any two maps become equal under any budget, in one exchange where nothing is left out") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    for (size_t bytes_max : {0u, 1u, 100u, 300u, 1'000'000u}) {
      CAPTURE(seed);
      CAPTURE(bytes_max);
      std::mt19937_64 random(seed);
      settings_map a, b;
      a.merge(random_entries(random, random() % 40));
      b.merge(random_entries(random, random() % 40));
      settings_map want = a;
      want.merge(all_entries(b));
      int rounds = 0;
      while (!same(a, b) && rounds < 20) {
        push_pull(a, b, bytes_max);
        ++rounds;
      }
      REQUIRE(same(a, b));
      REQUIRE(same(a, want));
      if (bytes_max == 1'000'000)
        CHECK(rounds <= 1);
    }
  }
}

TEST_CASE("messages keep within their budget, unless a single entry is larger") {
  settings_map a, b;
  for (int i = 0; i < 200; ++i)
    REQUIRE(a.set("key" + std::to_string(i), std::string(50, 'v'), node_id{1}, noon));
  const auto digest = digest_of(a, "", 1'000);
  CHECK(!digest.last);
  size_t bytes = 0;
  for (const auto& known : digest.known)
    bytes += known.key.size() + 32;
  CHECK(bytes <= 1'000);
  CHECK(bytes > 900);
  const auto delta = compare(a, settings_digest{}, 1'000);
  bytes = 0;
  for (const auto& one : delta.entries)
    bytes += settings_bytes(one);
  CHECK(bytes <= 1'000);
  CHECK(!delta.stopped_after.empty());
  CHECK(compare(a, settings_digest{}, 0).entries.size() == 1);
}

TEST_CASE("a digest that covers a range says nothing of the keys outside") {
  settings_map a, b;
  for (auto key : {"a", "b", "c", "d"})
    REQUIRE(b.set(key, "v", node_id{1}, noon));
  REQUIRE(a.set("b", "v", node_id{1}, noon));
  REQUIRE(a.set("d", "v", node_id{1}, noon));
  auto digest = digest_of(a, "", 0);
  REQUIRE(digest.known.size() == 1); // up to b
  const auto delta = compare(b, digest, 1'000);
  REQUIRE(delta.entries.size() == 1);
  CHECK(delta.entries[0].key == "a");
  std::string after;
  REQUIRE(next_range(digest, delta, after));
  CHECK(after == "b");
}

TEST_CASE("two entries that one node made under one version come out the same everywhere") {
  settings_map a, b;
  a.merge({entry("k", "before the disk was lost", 3, 1)});
  b.merge({entry("k", "after it", 3, 1)});
  CHECK(!(summary_of(a) == summary_of(b)));
  push_pull(a, b);
  CHECK(same(a, b));
}

TEST_CASE("maps converge after writes on both sides of any partition, whatever the order of messages") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    cluster world{7, seed};
    const size_t bytes_max = seed % 2 == 0 ? 200 : 1 << 20;
    for (int phase = 0; phase < 4; ++phase) {
      const size_t cut = world.random() % world.maps.size(); // 0: whole
      for (int i = 0; i < 60; ++i) {
        world.write();
        world.gossip(cut, bytes_max);
      }
    }
    int exchanges = 0;
    while (!world.equal() && exchanges < 500) {
      world.gossip(0, bytes_max);
      ++exchanges;
    }
    REQUIRE(world.equal());
  }
}

TEST_CASE("what was removed before a partition heals stays removed, and tombstones go everywhere in the end") {
  cluster world{5, 3};
  REQUIRE(world.maps[0].set("a", "v", node_id{1}, noon));
  for (auto& map : world.maps)
    push_pull(world.maps[0], map);
  REQUIRE(world.maps[1].remove("a", node_id{2}, noon + 1h));
  for (int i = 0; i < 200; ++i)
    world.gossip(3, 1'000);
  CHECK(world.maps[4].find("a") != nullptr);
  for (int i = 0; i < 200; ++i)
    world.gossip(0, 1'000);
  for (const auto& map : world.maps)
    CHECK(map.find("a") == nullptr);
  // Clocks that differ by minutes: the tombstone does not go round in circles.
  const auto late = noon + 1h + settings_limits{}.tombstone_age;
  for (int i = 0; i < 400; ++i) {
    for (size_t node = 0; node < world.maps.size(); ++node)
      world.maps[node].forget_expired(late + std::chrono::minutes{i / 20} - std::chrono::minutes{node});
    world.gossip(0, 1'000);
  }
  for (const auto& map : world.maps)
    CHECK(map.slots().empty());
}
