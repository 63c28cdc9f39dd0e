#include "runtime/device_group/rank_seat.hpp"

#include <doctest/doctest.h>

namespace {

using namespace weft;

constexpr job_id job{.high = 1, .low = 2};

group_worker worker(uint64_t node, uint64_t boot = 1, uint64_t number = 0) {
  return {node_id{node}, boot_epoch{boot}, number};
}

cluster_member member(uint64_t node, const std::string& address,
                      member_condition condition = member_condition::serving) {
  cluster_member out;
  out.node = node_id{node};
  out.epoch = boot_epoch{1};
  out.data_address = address;
  out.condition = condition;
  return out;
}

} // namespace

TEST_CASE("a seat has the place in the formation, and the address of each rank's node in the order of the ranks") {
  const group_formation formation{7, {worker(1), worker(3, 1, 0), worker(3, 1, 1)}};
  const cluster_view view{
      .self = node_id{3}, .version = 1, .members = {member(3, "c:1"), member(2, "b:1"), member(1, "a:1")}};
  const auto seat = seat_of(job, formation, worker(3, 1, 1), view);
  REQUIRE(seat);
  CHECK(seat->job == job);
  CHECK(seat->group.epoch == 7);
  CHECK(seat->group.rank == 2);
  CHECK(seat->group.ranks == 3);
  CHECK(seat->group.formation == formation.fingerprint());
  CHECK(seat->addresses == std::vector<std::string>{"a:1", "c:1", "c:1"});
}

TEST_CASE("who takes no part has no seat") {
  const cluster_view view{.members = {member(1, "a:1"), member(2, "b:1")}};
  const auto seat = seat_of(job, {1, {worker(1)}}, worker(2), view);
  REQUIRE_FALSE(seat);
  CHECK(seat.error().code == errc::invalid_argument);
}

TEST_CASE("a rank whose process is not there is named, so that the next formation leaves it out") {
  const group_formation formation{1, {worker(1), worker(2)}};
  for (const auto& second : {member(3, "c:1"), member(2, ""), member(2, "b:1", member_condition::dead),
                             member(2, "b:1", member_condition::left), [] {
                               auto anew = member(2, "b:1");
                               anew.epoch = boot_epoch{2};
                               return anew;
                             }()}) {
    const auto seat = seat_of(job, formation, worker(1), {.members = {member(1, "a:1"), second}});
    REQUIRE_FALSE(seat);
    CHECK(seat.error().code == errc::unavailable);
    CHECK(seat.error().message.find("rank 1 ") != std::string::npos);
  }
  for (const auto condition : {member_condition::starting, member_condition::suspect, member_condition::draining})
    CHECK(seat_of(job, formation, worker(1), {.members = {member(1, "a:1"), member(2, "b:1", condition)}}));
}
