#include "runtime/membership/probe.hpp"
#include "runtime/membership/relay_list.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("a failed probe makes us doubt ourselves once for every helper that kept silent, too") {
  struct row {
    uint32_t helpers, nacks;
    bool refused;
    int doubt;
  };
  for (auto [helpers, nacks, refused, doubt] :
       {row{0, 0, false, 1}, {3, 0, false, 3}, {3, 2, false, 1}, {3, 3, false, 0}, {3, 9, false, 0}, {3, 0, true, 0}}) {
    probe one{node_id{5}, 1, time_point{} + 200ms};
    one.asked(helpers);
    for (uint32_t i = 0; i < nacks; ++i)
      one.nacked();
    if (refused)
      one.refused(node_id{1});
    CHECK(one.doubt() == doubt);
  }
}

TEST_CASE("a refusal counts once for each who saw it") {
  probe one{node_id{5}, 1, time_point{}};
  CHECK(one.refused(node_id{1}) == 1);
  CHECK(one.refused(node_id{1}) == 1);
  CHECK(one.refused(node_id{2}) == 2);
}

TEST_CASE("a relayed probe is nacked in time, still passed on late, and forgotten then") {
  relay_list relays{2};
  auto make = [](uint32_t sequence) {
    relay item;
    item.sequence = sequence;
    item.target = node_id{9};
    item.nack_at = time_point{} + 160ms;
    item.until = time_point{} + 500ms;
    return item;
  };
  CHECK(relays.add(make(1)));
  CHECK(relays.add(make(2)));
  CHECK_FALSE(relays.add(make(3)));
  CHECK(relays.next() == time_point{} + 160ms);
  int nacks = 0, answers = 0;
  auto nack = [&](const relay&) { ++nacks; };
  auto answer = [&](const relay&) { ++answers; };
  relays.tick(time_point{} + 159ms, nack);
  CHECK(nacks == 0);
  relays.answered(node_id{9}, 1, answer);
  relays.answered(node_id{8}, 2, answer);
  CHECK(answers == 1);
  relays.tick(time_point{} + 160ms, nack);
  relays.tick(time_point{} + 161ms, nack);
  CHECK(nacks == 1);
  relays.answered(node_id{9}, 2, answer);
  CHECK(answers == 2);
  CHECK(relays.add(make(4)));
  relays.tick(time_point{} + 500ms, nack);
  relays.answered(node_id{9}, 4, answer);
  CHECK(answers == 2);
  CHECK(relays.next() == time_point::max());
}
