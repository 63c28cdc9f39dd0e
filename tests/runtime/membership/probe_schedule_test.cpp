#include "runtime/membership/probe_schedule.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace weft;

namespace {

member_table table_of(uint64_t nodes) {
  member_table table;
  for (uint64_t node = 1; node <= nodes; ++node)
    table.add(claims::record({.node = node}), time_point{});
  return table;
}

} // namespace

TEST_CASE("alone there is nobody to probe") {
  random_source random{1};
  probe_schedule schedule{node_id{1}};
  auto table = table_of(1);
  CHECK(schedule.next(table, random) == member_table::none);
}

TEST_CASE("every second probe goes to the next node on the ring, the others to everyone in turn") {
  for (uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    random_source random{seed};
    probe_schedule schedule{node_id{4}};
    auto table = table_of(10);
    std::map<node_id, int> walked;
    for (int i = 0; i < 10 * 9; ++i) {
      CHECK(table.at(schedule.next(table, random)).record.node == node_id{5});
      ++walked[table.at(schedule.next(table, random)).record.node];
    }
    CHECK(walked.size() == 9);
    CHECK_FALSE(walked.contains(node_id{4}));
    for (auto [node, times] : walked) {
      CHECK(times >= 9);
      CHECK(times <= 11);
    }
  }
}

TEST_CASE("the watched neighbor follows who comes and goes, around the ring") {
  random_source random{1};
  probe_schedule schedule{node_id{8}};
  auto table = table_of(5);
  table.add(claims::record({.node = 8}), time_point{});
  auto watched = [&] {
    auto place = schedule.next(table, random);
    schedule.next(table, random);
    return table.at(place).record.node;
  };
  CHECK(watched() == node_id{1});
  table.add(claims::record({.node = 20}), time_point{});
  schedule.came(node_id{20});
  CHECK(watched() == node_id{20});
  table.update(table.find(node_id{20}), claims::record({.node = 20, .state = member_state::dead}), time_point{});
  schedule.went(node_id{20});
  CHECK(watched() == node_id{1});
}

TEST_CASE("who is put first is probed next, if it is live") {
  random_source random{1};
  probe_schedule schedule{node_id{1}};
  auto table = table_of(9);
  for (auto node : {node_id{7}, node_id{3}}) {
    schedule.put_first(node);
    CHECK(table.at(schedule.next(table, random)).record.node == node);
  }
  schedule.put_first(node_id{99});
  CHECK(schedule.next(table, random) != member_table::none);
}
