#include "runtime/batching/overload_retry.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};

failure refused(std::optional<std::chrono::milliseconds> retry_after = {}) {
  return {errc::overloaded, "full", {}, retry_after};
}

} // namespace

TEST_CASE(
    "a refused call is made again after the time that the refusal gives, or the doubled pause if that is longer") {
  struct row {
    std::optional<std::chrono::milliseconds> retry_after;
    uint32_t tries;
    std::chrono::milliseconds pause;
  };
  for (const auto& [retry_after, tries, pause] :
       {row{std::nullopt, 1, 50ms}, row{std::nullopt, 2, 100ms}, row{std::nullopt, 7, 3'200ms}, row{120ms, 1, 120ms},
        row{120ms, 2, 120ms}, row{120ms, 3, 200ms}, row{10ms, 1, 50ms}, row{60s, 1, 60s}}) {
    CAPTURE(tries);
    CHECK(next_try(refused(retry_after), tries, start + 1s, time_point::max()) == start + 1s + pause);
  }
}

TEST_CASE("a call is not made again when the tries are used up, the deadline comes first, or it was no refusal") {
  CHECK(next_try(refused(), 3, start, time_point::max(), {.tries_max = 4}));
  CHECK_FALSE(next_try(refused(), 4, start, time_point::max(), {.tries_max = 4}));
  CHECK(next_try(refused(200ms), 1, start, start + 201ms));
  CHECK_FALSE(next_try(refused(200ms), 1, start, start + 200ms));
  CHECK_FALSE(next_try(refused(200ms), 1, start, start - 1s));
  for (const auto code : {errc::unavailable, errc::deadline_exceeded, errc::cancelled, errc::engine_failed})
    CHECK_FALSE(next_try({code, "other", {}, 50ms}, 1, start, time_point::max()));
}

TEST_CASE("calls that were refused together come back apart, as their numbers alone say") {
  struct row {
    std::optional<std::chrono::milliseconds> retry_after;
    std::chrono::nanoseconds pause;
  };
  for (const auto& [retry_after, pause] : {row{std::nullopt, 50ms}, row{60s, 60s}})
    for (const uint64_t first : {0ull, 1'000ull, (1ull << 40) + 7}) {
      CAPTURE(first);
      std::vector<time_point> times;
      for (uint64_t call = first; call < first + 16; ++call) {
        const auto again = next_try(refused(retry_after), 1, start, time_point::max(), {.call = call});
        REQUIRE(again);
        CHECK(again == next_try(refused(retry_after), 1, start, time_point::max(), {.call = call}));
        CHECK(*again >= start + pause);
        CHECK(*again < start + pause + pause / 4);
        times.push_back(*again);
      }
      std::ranges::sort(times);
      for (size_t i = 1; i < times.size(); ++i)
        CHECK(times[i] - times[i - 1] >= pause / 4 / 64);
    }
  CHECK_FALSE(next_try(refused(200ms), 1, start, start + 201ms, {.call = 1})); // its own time is past the deadline
}

TEST_CASE("pauses stay within their bounds, however many tries there are") {
  for (uint32_t tries = 1; tries < 200; ++tries) {
    const auto again = next_try(refused(), tries, start, time_point::max(), {.tries_max = 1'000});
    REQUIRE(again);
    CHECK(*again - start >= 50ms);
    CHECK(*again - start <= 5s);
  }
}
