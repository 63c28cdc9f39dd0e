#include "runtime/cache/preload_plan.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};
constexpr uint64_t any = UINT64_MAX;

std::vector<hot_key> keys(uint64_t count) {
  std::vector<hot_key> out;
  for (uint64_t i = 0; i < count; ++i)
    out.push_back({{i, i}, static_cast<uint32_t>(count - i)});
  return out;
}

} // namespace

TEST_CASE("the hottest keys come first, one batch at a time") {
  preload_plan plan{{.batch_keys = 2}};
  CHECK(plan.done());
  plan.begin(keys(3), any, start);
  const auto first = plan.take(start);
  CHECK(first == std::vector<hot_key>{{{0, 0}, 3}, {{1, 1}, 2}});
  CHECK(plan.take(start).empty());
  CHECK(plan.next() == time_point::max());
  plan.fetched(0, start);
  CHECK(plan.next() == start);
  CHECK(plan.take(start).size() == 1);
  CHECK(plan.done());
  CHECK(plan.under_way());
}

TEST_CASE("the next batch waits until the last one is paid for at the rate") {
  preload_plan plan{{.bytes_per_second = 1'000, .batch_keys = 1}};
  plan.begin(keys(3), any, start);
  plan.take(start);
  plan.fetched(500, start + 10ms);
  CHECK(plan.next() == start + 510ms);
  CHECK(plan.take(start + 509ms).empty());
  CHECK(plan.take(start + 510ms).size() == 1);
  plan.fetched(100, start + 5s); // a slow answer brings no burst after it
  CHECK(plan.next() == start + 5s + 100ms);
}

TEST_CASE("a round ends when its bytes are fetched, however many keys are left") {
  for (auto [most, of_round] : {std::pair{uint64_t{100}, any}, {any, uint64_t{100}}}) {
    preload_plan plan{{.bytes_max = most, .batch_keys = 1}};
    plan.begin(keys(10), of_round, start);
    auto now = start;
    uint64_t batches = 0;
    while (!plan.done()) {
      now = plan.next();
      REQUIRE(plan.take(now).size() == 1);
      ++batches;
      plan.fetched(40, now);
    }
    CHECK(batches == 3);
  }
}

TEST_CASE("switched off, without room, or with too long a list it fetches no more than it may") {
  preload_plan off{{.enabled = false}};
  off.begin(keys(3), any, start);
  CHECK(off.done());
  preload_plan full{{.batch_keys = 1}};
  full.begin(keys(3), any, start);
  full.take(start);
  full.stop();
  full.fetched(1, start);
  CHECK(full.done());
  preload_plan cut{{.batch_keys = 9, .keys_max = 4}};
  cut.begin(keys(8), any, start);
  CHECK(cut.take(start).size() == 4);
  CHECK(cut.done());
}
