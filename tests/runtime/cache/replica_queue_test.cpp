#include "runtime/base/random_source.hpp"
#include "runtime/cache/replica_queue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr node_id two{2};
constexpr node_id three{3};
constexpr time_point start{1h};

stored_entry entry(uint64_t number, size_t bytes = 10) {
  return {.key = {number, number}, .kind = "", .body = std::string(bytes, 'x'), .generation = 0, .expires_in = {}};
}
constexpr uint64_t overhead = sizeof(stored_entry);

std::vector<uint64_t> numbers(const std::vector<stored_entry>& entries) {
  std::vector<uint64_t> out;
  for (const auto& one : entries)
    out.push_back(one.key.high);
  return out;
}

} // namespace

TEST_CASE("copies leave in parcels, each for one node, in the order in which they came") {
  replica_queue queue{{.parcel_entries = 2, .parcels_per_node = 8}};
  for (uint64_t i = 1; i <= 3; ++i)
    CHECK(queue.add(two, entry(i)));
  CHECK(queue.add(three, entry(9)));
  const auto parcels = queue.take(start);
  REQUIRE(parcels.size() == 3);
  CHECK(parcels[0].to == two);
  CHECK(numbers(parcels[0].entries) == std::vector<uint64_t>{1, 2});
  CHECK(numbers(parcels[1].entries) == std::vector<uint64_t>{3});
  CHECK(parcels[2].to == three);
  for (const auto& one : parcels)
    queue.ended(one.number, errc::none, start);
  CHECK(queue.counters().sent == 4);
  CHECK(queue.counters().waiting == 0);
  CHECK(queue.counters().bytes == 0);
}

TEST_CASE("a parcel is closed by its bytes, and a large entry travels alone") {
  replica_queue queue{{.parcel_bytes = 1'000, .parcels_per_node = 8}};
  queue.add(two, entry(1, 5'000));
  queue.add(two, entry(2, 600));
  queue.add(two, entry(3, 600));
  queue.add(two, entry(4, 600));
  const auto parcels = queue.take(start);
  REQUIRE(parcels.size() == 3);
  CHECK(numbers(parcels[0].entries) == std::vector<uint64_t>{1});
  CHECK(numbers(parcels[1].entries) == std::vector<uint64_t>{2, 3});
}

TEST_CASE("what finds no room is dropped and counted; what is on its way counts until it has ended") {
  for (const auto& limits : {replica_limits{.bytes_max = 2 * (overhead + 10)}, replica_limits{.entries_max = 2}}) {
    replica_queue queue{limits};
    CHECK(queue.add(two, entry(1)));
    CHECK(queue.add(three, entry(2)));
    CHECK_FALSE(queue.add(two, entry(3)));
    const auto parcels = queue.take(start);
    CHECK_FALSE(queue.add(two, entry(4)));
    CHECK(queue.counters().dropped == 2);
    queue.ended(parcels[0].number, errc::none, start);
    CHECK(queue.add(two, entry(5)));
  }
}

TEST_CASE("a node has so many parcels on their way, and the next one when one has ended") {
  replica_queue queue{{.parcel_entries = 1, .parcels_per_node = 2}};
  for (uint64_t i = 1; i <= 4; ++i)
    queue.add(two, entry(i));
  const auto first = queue.take(start);
  CHECK(first.size() == 2);
  CHECK(queue.take(start).empty());
  CHECK(queue.next(start) == time_point::max());
  queue.ended(first[0].number, errc::none, start);
  CHECK(queue.next(start) == start);
  CHECK(numbers(queue.take(start).at(0).entries) == std::vector<uint64_t>{3});
}

TEST_CASE("a refused parcel is tried again after a pause, a few times, and holds up no other node") {
  replica_queue queue{{.attempts_max = 2, .pause_after_failure = 1s}};
  queue.add(two, entry(1));
  auto sent = queue.take(start).at(0);
  queue.ended(sent.number, errc::overloaded, start);
  queue.add(two, entry(2));
  queue.add(three, entry(3));
  CHECK(queue.next(start) == start);
  const auto other = queue.take(start);
  REQUIRE(other.size() == 1);
  CHECK(other[0].to == three);
  CHECK(queue.next(start) == start + 1s);
  const auto again = queue.take(start + 1s);
  REQUIRE(again.size() == 2);
  CHECK(again[0].number == sent.number);
  CHECK(numbers(again[0].entries) == std::vector<uint64_t>{1});
  queue.ended(sent.number, errc::unavailable, start + 1s);
  CHECK(queue.counters().dropped == 1);
}

TEST_CASE("what the other node will never take is not sent again") {
  for (auto why : {errc::invalid_argument, errc::storage_failed, errc::internal}) {
    CAPTURE(to_string(why));
    replica_queue queue;
    queue.add(two, entry(1));
    queue.ended(queue.take(start).at(0).number, why, start);
    CHECK(queue.counters().dropped == 1);
    CHECK(queue.take(start + 1h).empty());
    CHECK(queue.counters().bytes == 0);
  }
}

TEST_CASE("for a node whose disk takes nothing nothing waits") {
  for (auto [why, dropped] : {std::pair{errc::storage_full, 3u}, {errc::storage_failed, 3u}, {errc::internal, 1u}}) {
    CAPTURE(to_string(why));
    replica_queue queue{{.parcel_entries = 1, .parcels_per_node = 1}};
    for (uint64_t i = 1; i <= 3; ++i)
      queue.add(two, entry(i));
    queue.ended(queue.take(start).at(0).number, why, start);
    CHECK(queue.counters().dropped == dropped);
    CHECK(queue.counters().waiting == 3 - dropped);
    CHECK((queue.counters().bytes == 0) == (dropped == 3));
  }
}

TEST_CASE("when owners change, what waits is taken back and what is on its way stays there") {
  replica_queue queue{{.parcel_entries = 1, .parcels_per_node = 1}};
  for (uint64_t i = 1; i <= 3; ++i)
    queue.add(two, entry(i));
  const auto flying = queue.take(start).at(0);
  CHECK(numbers(queue.take_back()) == std::vector<uint64_t>{2, 3});
  CHECK(queue.counters().waiting == 1);
  queue.ended(flying.number, errc::unavailable, start);
  CHECK(numbers(queue.take_back()) == std::vector<uint64_t>{1});
  CHECK(queue.counters().waiting == 0);
  CHECK(queue.counters().bytes == 0);
  queue.ended(flying.number, errc::none, start); // late, and unknown by now
}

TEST_CASE("under any order of events the bounds hold, and each copy is sent, dropped or waits") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    const replica_limits limits{.bytes_max = 20'000, .entries_max = 50, .parcel_bytes = 1'000, .parcel_entries = 5};
    replica_queue queue{limits};
    std::vector<uint64_t> flying;
    uint64_t added = 0;
    auto now = start;
    for (int step = 0; step < 2'000; ++step) {
      now += 10ms;
      const auto dice = random.below(10);
      if (dice < 6) {
        ++added;
        queue.add(node_id{2 + random.below(3)}, entry(added, random.below(800)));
      } else if (dice < 9 && !flying.empty()) {
        const auto at = flying.begin() + static_cast<std::ptrdiff_t>(random.below(flying.size()));
        const errc ends[] = {errc::none, errc::none, errc::overloaded, errc::internal};
        queue.ended(*at, ends[random.below(4)], now);
        flying.erase(at);
      } else if (random.below(20) == 0) {
        for (auto& back : queue.take_back())
          queue.add(two, std::move(back));
      }
      for (const auto& parcel : queue.take(now))
        flying.push_back(parcel.number);
      const auto c = queue.counters();
      REQUIRE(c.bytes <= limits.bytes_max);
      REQUIRE(c.waiting <= limits.entries_max);
      REQUIRE(c.sent + c.dropped + c.waiting == added);
    }
  }
}
