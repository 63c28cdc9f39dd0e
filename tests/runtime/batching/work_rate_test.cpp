#include "runtime/batching/work_rate.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

namespace {

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

} // namespace

TEST_CASE("the rate is that of engines with all they can take, and known after a few batches") {
  work_rate rate;
  time_point now{};
  for (int i = 0; i < 100; ++i) { // little to do: slow, and no sign of what they can
    rate.dispatched(false, now);
    now += 100ms;
    rate.done(1, now);
  }
  CHECK_FALSE(rate.known());
  for (int i = 0; i < 10; ++i) {
    rate.dispatched(true, now);
    now += 50ms;
    rate.done(500, now);
    CHECK(rate.known() == (i >= 5));
  }
  CHECK(seconds(rate.time_of(10'000)) == doctest::Approx(1));
  rate.dispatched(false, now);
  CHECK_FALSE(rate.known());
}

TEST_CASE("engines that became slower or faster are known to be so in a few seconds") {
  for (double factor : {0.2, 5.0}) {
    CAPTURE(factor);
    work_rate rate;
    time_point now{};
    auto run = [&](double each, duration time) {
      for (auto end = now + time; now < end;) {
        rate.dispatched(true, now);
        now += std::chrono::duration_cast<duration>(std::chrono::duration<double>{each});
        rate.done(100, now);
      }
    };
    run(0.02, 10s);
    CHECK(seconds(rate.time_of(5'000)) == doctest::Approx(1).epsilon(0.02));
    run(0.02 * factor, 8s);
    CHECK(seconds(rate.time_of(5'000)) == doctest::Approx(factor).epsilon(0.05));
  }
}

TEST_CASE("a stall of one small batch says nothing of the large ones behind it") {
  work_rate rate;
  time_point now{};
  rate.dispatched(true, now);
  now += 1'500ms;
  rate.done(10, now);
  CHECK_FALSE(rate.known());
  for (int i = 0; i < 3; ++i) {
    rate.dispatched(true, now);
    now += 10ms;
    rate.done(16'384, now);
  }
  REQUIRE(rate.known());
  CHECK(seconds(rate.time_of(16'384)) < 1);
}
