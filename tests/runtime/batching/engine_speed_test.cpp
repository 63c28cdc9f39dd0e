#include "runtime/batching/engine_speed.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace weft;
using namespace std::chrono_literals;
using doctest::Approx;

namespace {

/// An engine that takes `fixed` and a time for each token; each batch comes when the last one is done.
struct device {
  double fixed = 0;
  double token = 0;
  double noise = 0; ///< standard deviation, of the whole
  std::mt19937_64 random{11};
  time_point now{1h};
  engine_speed speed{};

  void compute(uint64_t tokens) {
    std::normal_distribution<double> around(1, noise);
    const std::chrono::duration<double> takes{(fixed + token * static_cast<double>(tokens)) *
                                              (noise > 0 ? std::max(around(random), 0.1) : 1)};
    const auto busy = std::chrono::duration_cast<std::chrono::nanoseconds>(takes);
    now += busy;
    speed.batch(tokens, busy, now);
  }
  double truth(uint64_t tokens) const { return fixed + token * static_cast<double>(tokens); }
};

} // namespace

TEST_CASE("nothing is known before the first batch, and nothing is learnt from one without tokens or time") {
  engine_speed speed;
  speed.batch(0, 1ms, time_point{});
  speed.batch(10, 0ns, time_point{});
  CHECK_FALSE(speed.known());
  CHECK(speed.tokens_per_second() == 0);
  CHECK(speed.mean_tokens_per_second() == 0);
  speed.batch(10, 1ms, time_point{});
  CHECK(speed.known());
  CHECK(speed.mean_tokens_per_second() == Approx(10'000));
}

TEST_CASE("batches of different sizes tell the fixed part from the tokens', also where times scatter") {
  for (const double noise : {0.0, 0.1}) {
    CAPTURE(noise);
    device gpu{.fixed = 2e-3, .token = 1e-6, .noise = noise};
    for (int i = 0; i < 200; ++i)
      gpu.compute(i % 3 == 0 ? 20 : i % 3 == 1 ? 500 : 8'000);
    CHECK(gpu.speed.batch_seconds() == Approx(2e-3).epsilon(0.01 + noise));
    CHECK(gpu.speed.tokens_per_second() == Approx(1e6).epsilon(0.01 + noise));
    for (const uint64_t tokens : {10u, 1'000u, 8'000u})
      CHECK(gpu.speed.seconds_for(tokens, 8'000) == Approx(gpu.truth(tokens)).epsilon(0.02 + noise));
    // Two full batches and a rest.
    CHECK(gpu.speed.seconds_for(20'000, 8'000) ==
          Approx(2 * gpu.truth(8'000) + gpu.truth(4'000)).epsilon(0.02 + noise));
  }
}

TEST_CASE("a device that had small batches only is not taken for slow with large ones, nor the other way round") {
  device gpu{.fixed = 2e-3, .token = 1e-6};
  for (int i = 0; i < 20; ++i)
    gpu.compute(10);
  CHECK(gpu.speed.seconds_for(10, 8'000) == Approx(gpu.truth(10)).epsilon(0.01));
  CHECK(gpu.speed.seconds_for(8'000, 8'000) < 0.07 * 800 * gpu.truth(10)); // in proportion it would be 800 times
  device other{.fixed = 2e-3, .token = 1e-6};
  for (int i = 0; i < 20; ++i)
    other.compute(8'000);
  CHECK(other.speed.seconds_for(10, 8'000) < other.truth(10)); // worth a try
}

TEST_CASE("full batches and not quite full ones, whose times scatter, do not make a fixed part") {
  for (const uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    CAPTURE(seed);
    device cpu{.fixed = 0.3e-3, .token = 200e-6, .noise = 0.3, .random = std::mt19937_64{seed}};
    for (int i = 0; i < 12; ++i)
      cpu.compute(300 + cpu.random() % 213);
    CHECK(cpu.speed.seconds_for(6, 512) < 4 * cpu.truth(6)); // else no small call would go there
  }
}

TEST_CASE("what sizes have told apart stays so when all batches become alike") {
  device gpu{.fixed = 2e-3, .token = 1e-6};
  for (int i = 0; i < 50; ++i)
    gpu.compute(i % 2 == 0 ? 20 : 8'000);
  for (int i = 0; i < 5'000; ++i)
    gpu.compute(100);
  CHECK(gpu.speed.seconds_for(8'000, 8'000) == Approx(gpu.truth(8'000)).epsilon(0.05));
}

TEST_CASE("a device that becomes slower, or faster again, is known to be so after two seconds of computing") {
  device gpu{.fixed = 1e-3, .token = 1e-6};
  for (int i = 0; i < 1'000; ++i)
    gpu.compute(i % 2 == 0 ? 100 : 8'000);
  gpu.fixed *= 5;
  gpu.token *= 5;
  auto until = gpu.now + 4s;
  for (int i = 0; gpu.now < until; ++i)
    gpu.compute(i % 2 == 0 ? 100 : 8'000);
  CHECK(gpu.speed.seconds_for(8'000, 8'000) == Approx(gpu.truth(8'000)).epsilon(0.25));
  CHECK(gpu.speed.mean_tokens_per_second() < 400'000);
  gpu.fixed /= 5;
  gpu.token /= 5;
  until = gpu.now + 4s;
  for (int i = 0; gpu.now < until; ++i)
    gpu.compute(i % 2 == 0 ? 100 : 8'000);
  CHECK(gpu.speed.seconds_for(8'000, 8'000) == Approx(gpu.truth(8'000)).epsilon(0.3));
}

TEST_CASE("who has done nothing for long is thought to be faster: at most four times, once it is well known") {
  device gpu{.fixed = 1e-3, .token = 1e-6};
  gpu.compute(100);
  CHECK(gpu.speed.faded(gpu.now) == 1);
  CHECK(gpu.speed.faded(gpu.now + 60s) < 0.01);
  CHECK(gpu.speed.faded(gpu.now + 24h * 365) > 0); // times are divided by it
  for (int i = 0; i < 10; ++i)
    gpu.compute(100);
  CHECK(gpu.speed.faded(gpu.now + 1s) == Approx(0.905).epsilon(0.01));
  CHECK(gpu.speed.faded(gpu.now + 1h) == 0.25);
}

TEST_CASE("a first batch that was slow, since a device warms up, is soon forgotten") {
  engine_speed speed;
  time_point now{1h};
  speed.batch(100, 3s, now);
  now += 40s; // nobody takes it until this has faded
  for (int i = 0; i < 3; ++i)
    speed.batch(100, 2ms, now += 2ms);
  CHECK(speed.seconds_for(100, 8'000) < 0.025);
}

TEST_CASE("no order of sizes and times makes a time that is negative or not a number") {
  std::mt19937_64 random{5};
  engine_speed speed;
  time_point now{};
  for (int i = 0; i < 20'000; ++i) {
    const auto tokens = uint64_t{1} << random() % 20;
    const std::chrono::nanoseconds busy{int64_t{1} << random() % 36};
    speed.batch(tokens, busy, now += std::chrono::milliseconds{random() % 20'000});
    for (const uint64_t asked : {1u, 300u, 1'000'000u}) {
      const double takes = speed.seconds_for(asked, 1 + random() % 20'000);
      REQUIRE(takes > 0);
      REQUIRE(takes < 1e9);
    }
    REQUIRE(speed.batch_seconds() >= 0);
    REQUIRE(speed.tokens_per_second() > 0);
  }
}
