#include "runtime/membership/member_table.hpp"
#include "runtime/membership/tombstones.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("members are found, counted and removed, whatever the order") {
  for (uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    random_source random{seed};
    member_table table;
    std::set<uint64_t> there;
    for (int i = 0; i < 5'000; ++i) {
      uint64_t node = 1 + random.below(300);
      if (there.contains(node)) {
        CHECK(table.get(node_id{node})->record.node == node_id{node});
        table.remove(table.find(node_id{node}));
        there.erase(node);
      } else {
        CHECK(table.get(node_id{node}) == nullptr);
        table.add(claims::record({.node = node}), time_point{});
        there.insert(node);
      }
    }
    CHECK(table.size() == there.size());
    CHECK(table.counts().live() == there.size());
    for (auto node : there)
      CHECK(table.get(node_id{node}) != nullptr);
  }
}

TEST_CASE("digests are equal exactly when the live processes are") {
  member_table a, b;
  for (uint64_t node : {1, 2, 3})
    a.add(claims::record({.node = node}), time_point{});
  for (uint64_t node : {3, 1})
    b.add(claims::record({.node = node}), time_point{});
  CHECK(a.live_digest() != b.live_digest());
  a.update(a.find(node_id{2}), claims::record({.node = 2, .state = member_state::suspect}), time_point{});
  CHECK(a.live_digest() != b.live_digest()); // a suspect is live
  a.update(a.find(node_id{2}), claims::record({.node = 2, .state = member_state::dead}), time_point{});
  CHECK(a.live_digest() == b.live_digest());
  a.update(a.find(node_id{1}), claims::record({.node = 1, .epoch = 2}), time_point{});
  CHECK(a.live_digest() != b.live_digest()); // another process
}

TEST_CASE("a random live member is never dead, free or excluded, and each one comes up") {
  random_source random{5};
  member_table table;
  for (uint64_t node = 1; node <= 40; ++node)
    table.add(claims::record({.node = node, .state = node > 5 ? member_state::dead : member_state::alive}),
              time_point{});
  std::set<node_id> seen;
  for (int i = 0; i < 500; ++i)
    seen.insert(table.at(table.random_live(random, node_id{1}, node_id{2})).record.node);
  CHECK(seen == std::set{node_id{3}, node_id{4}, node_id{5}});
  for (uint64_t node : {3, 4, 5})
    table.remove(table.find(node_id{node}));
  CHECK(table.random_live(random, node_id{1}, node_id{2}) == member_table::none);
}

TEST_CASE("a brief claim keeps the profile that is known") {
  member_table table;
  auto place = table.add(claims::record({.node = 1}), time_point{});
  table.update(place, claims::record({.node = 1, .incarnation = 2, .with_profile = false}), time_point{});
  CHECK(table.at(place).record.profile->name == "n1");
  CHECK(table.at(place).record.incarnation == 2);
}

TEST_CASE("tombstones end after their time, oldest first, and only the dead are looked for again") {
  random_source random{1};
  tombstones ended{10s};
  CHECK(ended.next() == time_point::max());
  ended.add(node_id{1}, true, time_point{});
  CHECK(ended.random_dead(random) == node_id{});
  ended.add(node_id{2}, false, time_point{} + 1s);
  CHECK(ended.dead() == 1);
  CHECK(ended.random_dead(random) == node_id{2});
  CHECK(ended.expired(time_point{} + 9s) == node_id{});
  CHECK(ended.expired(time_point{} + 10s) == node_id{1});
  ended.remove(node_id{1});
  ended.remove(node_id{1});
  CHECK(ended.next() == time_point{} + 11s);
  ended.remove(node_id{2});
  CHECK(ended.dead() == 0);
}
