#include "runtime/batching/overload_retry.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("pauses stay within their bounds, however many tries there are") {
  for (uint32_t tries = 1; tries < 200; ++tries) {
    const auto again = next_try(refused(), tries, start, time_point::max(), {.tries_max = 1'000});
    REQUIRE(again);
    CHECK(*again - start >= 50ms);
    CHECK(*again - start <= 5s);
  }
}
