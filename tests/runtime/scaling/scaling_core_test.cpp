#include "runtime/scaling/scaling_core.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};
constexpr auto period = 500ms; // as the monitor looks

/// A pool in virtual time: each worker computes 1000 tokens a second, and is there as soon as it is wanted.
struct pool {
  explicit pool(scaling_options options) : core(options), workers(core.wanted()) {}

  /// One period under so much load, in workers' worth of work.
  uint32_t look(double load) {
    now += period;
    const double arrived = load * 500 + left;
    const double done = std::min(arrived, workers * 500.0);
    left = arrived - done;
    tokens += static_cast<uint64_t>(done);
    const double utilization = done / (workers * 500.0);
    const auto wanted = core.sample({.workers = workers,
                                     .queued_tokens = static_cast<uint64_t>(left),
                                     .tokens_done = tokens,
                                     .utilization = utilization},
                                    now);
    changes += wanted != workers ? 1 : 0;
    return workers = wanted;
  }
  /// So long under one load; the workers at the end.
  uint32_t run(double load, duration time) {
    for (const auto end = now + time; now < end;)
      look(load);
    return workers;
  }

  scaling_core core;
  time_point now = start;
  uint32_t workers;
  double left = 0;
  uint64_t tokens = 0;
  int changes = 0;
};

constexpr scaling_options one_to_eight{.workers_min = 1, .workers_max = 8};

} // namespace

TEST_CASE("a constant load comes to rest at enough workers, and stays there") {
  struct row {
    double load;
    uint32_t least, most;
  };
  for (auto [load, least, most] : {row{0.0, 1, 1}, row{0.5, 1, 1}, row{1.0, 2, 2}, row{2.5, 4, 5}, row{4.0, 6, 8},
                                   row{5.0, 8, 8}, row{20.0, 8, 8}})
    for (uint32_t begin : {1u, 8u}) {
      CAPTURE(load);
      CAPTURE(begin);
      pool p{one_to_eight};
      p.workers = begin;
      p.run(load, 10min);
      CHECK(p.workers >= least);
      CHECK(p.workers <= most);
      p.changes = 0;
      p.run(load, 60min);
      CHECK(p.changes == 0);
    }
}

TEST_CASE("a step of the load is followed within the documented time") {
  for (double load : {1.2, 2.0, 3.0, 5.5}) {
    CAPTURE(load);
    pool p{one_to_eight};
    p.run(0.1, 1min);
    REQUIRE(p.workers == 1);
    const scaling_options o;
    const int doublings = static_cast<int>(std::ceil(std::log2(load / 0.1)));
    p.run(load, o.grow_after + doublings * o.grow_pause + 2 * period);
    CHECK(p.workers >= load);
  }
}

TEST_CASE("a burst shorter than grow_after changes nothing") {
  pool p{one_to_eight};
  p.run(0.3, 1min);
  p.changes = 0;
  p.look(1.5);
  p.run(0.1, 10s);
  CHECK(p.changes == 0);
}

TEST_CASE("shrinking waits for shrink_after and goes one by one") {
  pool p{one_to_eight};
  p.workers = 8;
  p.look(5); // the first look takes over what is there
  CHECK(p.run(0, 29s) == 8);
  CHECK(p.run(0, 2s) == 7);
  CHECK(p.run(0, 9s) == 7);
  CHECK(p.run(0, 1s) == 6);
  CHECK(p.run(0, 2min) == 1);
}

TEST_CASE("without samples nothing shrinks, and the outage does not count as quiet time") {
  pool p{one_to_eight};
  p.workers = 6;
  p.run(1.0, 20s);
  REQUIRE(p.workers == 6);
  p.now += 1h; // the source is gone
  CHECK(p.core.wanted() == 6);
  CHECK(p.look(1.0) == 6);
  CHECK(p.run(1.0, 25s) == 6); // has to last anew
  CHECK(p.run(1.0, 10s) == 5);
}

TEST_CASE("samples that make no sense change nothing, and never lead to zero") {
  scaling_core core{one_to_eight};
  time_point now = start;
  REQUIRE(core.sample({.workers = 4, .tokens_done = 1'000, .utilization = 0.6}, now) == 4);
  for (int i = 0; i < 1'000; ++i) {
    now += period;
    const double nonsense = i % 3 == 0 ? std::numeric_limits<double>::quiet_NaN() : i % 3 == 1 ? -1 : 7;
    CHECK(core.sample({.workers = 4, .tokens_done = 1'000, .utilization = nonsense}, now) == 4);
    CHECK(core.sample({.workers = 0}, now) == 4);
  }
}

TEST_CASE("a pool that was restarted is not taken for an idle one") {
  scaling_core core{one_to_eight};
  time_point now = start;
  core.sample({.workers = 4, .tokens_done = 50'000, .utilization = 0.6}, now);
  for (int i = 0; i < 59; ++i)
    core.sample({.workers = 4, .tokens_done = 50'000, .utilization = 0}, now += period);
  CHECK(core.sample({.workers = 4, .tokens_done = 10, .utilization = 0}, now += period) == 4);
}

TEST_CASE("a queue that waits long grows the pool even where utilization is low") {
  scaling_core core{one_to_eight};
  time_point now = start;
  uint64_t done = 0;
  uint32_t wanted = 0;
  for (int i = 0; i < 10; ++i) // 2 workers, 0.5 busy, 1000 tokens a busy second; 2 s of work waits
    wanted = core.sample({.workers = 2, .queued_tokens = 4'000, .tokens_done = done += 500, .utilization = 0.5},
                         now += period);
  CHECK(wanted == 4);
  CHECK(core.queue_wait() == 2s);
}

TEST_CASE("workers that have not started yet are waited for") {
  scaling_core core{one_to_eight};
  time_point now = start;
  uint64_t done = 0;
  const auto busy = [&](uint32_t workers) {
    uint32_t wanted = 0;
    for (int i = 0; i < 20; ++i)
      wanted = core.sample(
          {.workers = workers, .queued_tokens = 9'000, .tokens_done = done += 500 * workers, .utilization = 1},
          now += period);
    return wanted;
  };
  CHECK(busy(1) == 2);
  CHECK(busy(1) == 2); // the second has not come
  CHECK(busy(2) == 4);
}

TEST_CASE("where one worker less makes the queue wait, it is tried more and more rarely") {
  // With fewer than 3 workers bursts wait for long, though utilization is low.
  scaling_core core{one_to_eight};
  time_point now = start;
  uint64_t done = 0;
  uint32_t workers = 3;
  int shrinks = 0;
  for (int i = 0; i < 2 * 3'600 * 2; ++i) { // 2 h
    const uint64_t queued = workers < 3 ? 3'000 : 0;
    done += 100;
    const auto wanted =
        core.sample({.workers = workers, .queued_tokens = queued, .tokens_done = done, .utilization = 0.2 / workers},
                    now += period);
    shrinks += wanted < workers ? 1 : 0;
    workers = wanted;
    CHECK(workers >= 2);
  }
  CHECK(shrinks >= 2);
  CHECK(shrinks <= 40); // without the doubling: more than 300
}

TEST_CASE("limits hold at every moment, whatever comes in") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    scaling_core core{{.workers_min = 0, .workers_max = 6}};
    CHECK(core.wanted() == 1);
    uint32_t least = 1, most = 6;
    time_point now = start;
    for (int i = 0; i < 2'000; ++i) {
      if (random() % 200 == 0) {
        least = 1 + static_cast<uint32_t>(random() % 4);
        most = least + static_cast<uint32_t>(random() % 6);
        core.set_limits(least, most);
        REQUIRE(core.wanted() >= least);
        REQUIRE(core.wanted() <= most);
      }
      now += std::chrono::milliseconds{random() % 3'000};
      const auto wanted = core.sample({.workers = static_cast<uint32_t>(random() % 12),
                                       .queued_tokens = random() % 100'000,
                                       .tokens_done = static_cast<uint64_t>(i) * 1'000,
                                       .utilization = static_cast<double>(random() % 110) / 100},
                                      now);
      REQUIRE(wanted >= least);
      REQUIRE(wanted <= most);
    }
  }
}
