#include "runtime/membership/suspicion_list.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("a confirmed suspicion lasts 4 * max(1, log10 n) probe intervals, and 4 s below ten nodes") {
  for (auto [members, want] :
       {std::pair{1u, 4'000ms}, {9u, 4'000ms}, {10u, 2'000ms}, {100u, 4'000ms}, {1'000u, 6'000ms}}) {
    CAPTURE(members);
    CHECK(suspicion_min(membership_options{}, members) == want);
  }
}

TEST_CASE("confirmations shrink a suspicion from four times its least to its least") {
  struct row {
    uint32_t confirmations, expected;
    std::chrono::milliseconds want;
  };
  // With two expected, one leaves 16 - 12 * log 2 / log 3 = 8.43 s.
  for (auto [confirmations, expected, want] :
       {row{0, 2, 16'000ms}, {1, 2, 8'429ms}, {2, 2, 4'000ms}, {9, 2, 4'000ms}, {0, 0, 4'000ms}, {0, 1, 16'000ms}}) {
    CAPTURE(confirmations);
    CAPTURE(expected);
    auto time = suspicion_time(4s, 16s, confirmations, expected);
    CHECK(std::chrono::duration<double>(time).count() == doctest::Approx(want.count() / 1e3).epsilon(0.001));
  }
}

TEST_CASE("an accuser counts once") {
  suspicion about{node_id{1}, 4s, 16s, 2, time_point{}};
  CHECK_FALSE(about.confirm(node_id{1}));
  CHECK(about.deadline() == time_point{} + 16s);
  CHECK(about.confirm(node_id{2}));
  CHECK_FALSE(about.confirm(node_id{2}));
  CHECK(about.confirm(node_id{3}));
  CHECK_FALSE(about.confirm(node_id{4})); // enough
  CHECK(about.deadline() == time_point{} + 4s);
}

TEST_CASE("a suspicion waits for nobody who is not there") {
  suspicion about{node_id{1}, 4s, 16s, 2, time_point{}};
  about.expect_at_most(0);
  CHECK(about.deadline() == time_point{} + 4s);
  about.expect_at_most(2); // never more again
  CHECK(about.deadline() == time_point{} + 4s);
}

TEST_CASE("the time of a stall does not count") {
  suspicion_list list;
  list.start(node_id{7}, suspicion{node_id{1}, 4s, 16s, 0, time_point{}});
  list.postpone(3s);
  CHECK(list.next() == time_point{} + 7s);
  CHECK(list.take_expired(time_point{} + 6s) == node_id{});
  CHECK(list.take_expired(time_point{} + 7s) == node_id{7});
}

TEST_CASE("suspicions end in time, whatever was confirmed or refuted between") {
  suspicion_list list;
  for (uint64_t node = 10; node < 20; ++node)
    list.start(node_id{node}, suspicion{node_id{1}, 4s, 16s, 1, time_point{}});
  CHECK(list.next() == time_point{} + 16s);
  CHECK(list.confirm(node_id{15}, node_id{2}));
  CHECK(list.next() == time_point{} + 4s);
  list.end(node_id{12});
  list.end(node_id{12});
  CHECK_FALSE(list.contains(node_id{12}));
  CHECK(list.take_expired(time_point{} + 4s) == node_id{15});
  CHECK(list.take_expired(time_point{} + 4s) == node_id{});
  CHECK(list.next() == time_point{} + 16s);
  int ended = 0;
  while (list.take_expired(time_point{} + 16s) != node_id{})
    ++ended;
  CHECK(ended == 8);
  CHECK(list.next() == time_point::max());
}
