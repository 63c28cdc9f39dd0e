#include "runtime/batching/worker_roster.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};

/// Multiply-adds that cost as much as a token, while nothing was measured.
constexpr uint64_t token = 10'000'000;

/// Who gets a batch that is not full.
std::optional<uint32_t> idle(const worker_roster& roster) {
  const auto target = roster.choose({.tokens = 1, .tokens_behind = 1, .tokens_max = 1'000}, start);
  return target ? std::optional{target->worker} : std::nullopt;
}

/// Who gets a full batch.
std::optional<uint32_t> loadable(const worker_roster& roster) {
  const auto target = roster.choose({.tokens = 1'000, .tokens_behind = 1'000, .tokens_max = 1'000}, start);
  return target ? std::optional{target->worker} : std::nullopt;
}

/// Who gets a little work on points.
std::optional<uint32_t> lightest(const worker_roster& roster) {
  return roster.soonest(1, start);
}

worker_roster roster_of(uint32_t count, uint32_t depth) {
  worker_roster roster{depth};
  for (uint32_t i = 0; i < count; ++i)
    roster.ready(roster.add(), start);
  return roster;
}

} // namespace

TEST_CASE("a worker gets nothing before its engine is there and after it was told to stop") {
  worker_roster roster{2};
  auto worker = roster.add();
  CHECK_FALSE(idle(roster));
  roster.ready(worker, start);
  CHECK(idle(roster) == worker);
  roster.retire(worker);
  CHECK_FALSE(idle(roster));
  CHECK_FALSE(loadable(roster));
  CHECK(roster.retiring(worker));
  CHECK(roster.count() == 0);
}

TEST_CASE("the lowest idle worker is first, and a busy one takes more up to its depth") {
  auto roster = roster_of(2, 2);
  CHECK(idle(roster) == 0);
  roster.assign(0, 10, 100, start);
  CHECK(idle(roster) == 1);
  CHECK(roster.idle_count() == 1);
  roster.assign(1, 11, 100, start);
  CHECK_FALSE(idle(roster));
  CHECK(roster.busy_count() == 2);
  CHECK(loadable(roster) == 0);
  roster.assign(0, 12, 100, start);
  CHECK(loadable(roster) == 1);
  roster.assign(1, 13, 100, start);
  CHECK_FALSE(loadable(roster));
  roster.done(0, 10, start);
  CHECK(loadable(roster) == 0);
  roster.done(0, 12, start);
  CHECK(idle(roster) == 0);
}

TEST_CASE("a worker that has gone leaves its batches, the one in its engine first, and its number") {
  auto roster = roster_of(2, 2);
  roster.assign(0, 10, 100, start);
  roster.assign(0, 11, 100, start);
  CHECK(roster.remove(0, start) == std::deque<uint64_t>{10, 11});
  CHECK_FALSE(roster.contains(0));
  CHECK(roster.add() == 0);
  CHECK(roster.add() == 2);
}

TEST_CASE("a worker with work on points is busy, and batches go to others") {
  auto roster = roster_of(2, 2);
  CHECK(lightest(roster) == 0);
  roster.assign_points(0, 1, 5'000 * token, start);
  CHECK(idle(roster) == 1);
  CHECK(roster.idle_count() == 1);
  CHECK(roster.busy_count() == 1);
  CHECK(lightest(roster) == 1);
  roster.assign(1, 10, 1'000, start);
  CHECK_FALSE(idle(roster));
  CHECK(loadable(roster) == 1);
  roster.assign(1, 11, 1'000, start);
  CHECK_FALSE(loadable(roster)); // better to wait for the other than behind what costs more
  roster.done(1, 10, start);
  CHECK(loadable(roster) == 1);
  roster.points_done(0, 1, start);
  CHECK(idle(roster) == 0);
  CHECK(roster.busy_count() == 1);
}

TEST_CASE("a batch of any size goes behind work on points where nobody has less to do") {
  auto alone = roster_of(1, 2);
  alone.assign_points(0, 1, 5'000 * token, start);
  alone.assign_points(0, 2, 5'000 * token, start);
  CHECK(alone.idle_count() == 0);
  CHECK(idle(alone) == 0);
  CHECK(loadable(alone) == 0);
  alone.assign(0, 10, 100, start);
  CHECK_FALSE(idle(alone));
  alone.retire(0);
  CHECK_FALSE(idle(alone));
  auto two = roster_of(2, 2);
  two.assign_points(0, 1, 500 * token, start);
  two.assign(1, 10, 1'000, start);
  CHECK(idle(two) == 0);
  CHECK(loadable(two) == 0);
  two.assign_points(0, 2, 1'000 * token, start);
  CHECK_FALSE(idle(two));
  CHECK(loadable(two) == 1);
}

TEST_CASE("work on points leaves a worker room for as many batches as it may have without") {
  for (const uint32_t depth : {1u, 2u}) {
    CAPTURE(depth);
    auto roster = roster_of(1, depth);
    for (uint32_t batch = 0; batch < depth; ++batch) {
      roster.assign_points(0, batch, 100 * token, start);
      CHECK(loadable(roster) == 0);
      roster.assign(0, batch, 100, start);
    }
    CHECK_FALSE(loadable(roster));
    roster.done(0, 0, start);
    CHECK(loadable(roster) == 0);
  }
}

TEST_CASE("work on points goes to the worker whose pieces cost least, not to that with the fewest") {
  auto roster = roster_of(3, 2);
  roster.assign(0, 10, 16'000, start);
  roster.assign(1, 11, 100, start);
  roster.assign(1, 12, 200, start);
  roster.assign_points(2, 1, 400 * token, start);
  CHECK(lightest(roster) == 1);
  roster.assign_points(1, 2, 1'000 * token, start);
  CHECK(lightest(roster) == 2);
  roster.retire(2);
  CHECK(lightest(roster) == 1);
}

TEST_CASE("numbers of batches and of work on points do not meet") {
  auto roster = roster_of(1, 2);
  roster.assign(0, 7, 100, start);
  roster.assign_points(0, 7, 100 * token, start);
  roster.done(0, 7, start);
  CHECK(roster.busy_count() == 1);
  roster.points_done(0, 7, start);
  CHECK(idle(roster) == 0);
}

TEST_CASE("of a worker that has gone it is known whether it was at a batch or at points") {
  for (const bool points_first : {false, true}) {
    auto roster = roster_of(1, 2);
    if (points_first)
      roster.assign_points(0, 1, 100 * token, start);
    roster.assign(0, 10, 100, start);
    if (!points_first)
      roster.assign_points(0, 1, 100 * token, start);
    CHECK(roster.on_points(0) == points_first);
    CHECK(roster.remove(0, start) == std::deque<uint64_t>{10});
    CHECK_FALSE(roster.on_points(0));
  }
}

TEST_CASE("the highest worker that was idle for long enough is the one to go") {
  auto roster = roster_of(3, 1);
  roster.assign(2, 10, 100, start);
  roster.done(2, 10, start + 20s);
  CHECK_FALSE(roster.idle_for(31s, start + 30s));
  CHECK(roster.idle_for(30s, start + 30s) == 1);
  CHECK(roster.idle_for(30s, start + 50s) == 2);
  roster.assign(2, 11, 100, start);
  CHECK(roster.idle_for(30s, start + 50s) == 1);
}

TEST_CASE("the time with something to do counts, also while it lasts, once for two batches, and only rises") {
  auto roster = roster_of(2, 2);
  CHECK(roster.busy_time(start + 1s) == 0s);
  roster.assign(0, 1, 100, start + 1s);
  roster.assign(0, 2, 100, start + 2s);
  CHECK(roster.busy_time(start + 3s) == 2s);
  roster.done(0, 1, start + 4s);
  roster.done(0, 2, start + 5s);
  CHECK(roster.busy_time(start + 9s) == 4s);
  roster.assign(0, 3, 100, start + 9s);
  roster.assign(1, 4, 100, start + 9s);
  CHECK(roster.busy_time(start + 10s) == 6s);
  roster.remove(1, start + 10s);
  CHECK(roster.busy_time(start + 11s) == 7s);
  roster.done(0, 3, start + 11s);
  roster.assign_points(0, 1, 100 * token, start + 20s);
  CHECK(roster.busy_time(start + 21s) == 8s);
  roster.points_done(0, 1, start + 22s);
  CHECK(roster.busy_time(start + 30s) == 9s);
}
