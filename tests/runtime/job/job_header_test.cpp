#include "runtime/base/random_source.hpp"
#include "runtime/job/job_header.hpp"

#include <doctest/doctest.h>

using namespace weft;

namespace {

/// Headers of one job with few values a field, so that all of them meet.
job_header some_header(random_source& random) {
  job_header out;
  out.spec.created = wall_time{std::chrono::milliseconds{random.below(2)}};
  out.spec.model = random.chance(0.5) ? "a" : "b";
  out.state = static_cast<job_state>(random.below(7));
  if (random.chance(0.5)) {
    out.items_total = random.below(3);
    out.segments_total = random.below(2);
  }
  out.progress = {.items_done = random.below(3), .items_failed = random.below(2), .device_seconds = random.unit()};
  if (is_end(out.state) && random.chance(0.8))
    out.ended = wall_time{std::chrono::milliseconds{random.below(3)}};
  out.stamp = {node_id{random.below(2)}, random.below(3)};
  return out;
}

job_header merged(job_header a, const job_header& b) {
  merge(a, b);
  return a;
}

} // namespace

TEST_CASE("merging headers is commutative, associative and idempotent") {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    const auto a = some_header(random), b = some_header(random), c = some_header(random);
    REQUIRE(merged(a, b) == merged(b, a));
    REQUIRE(merged(merged(a, b), c) == merged(a, merged(b, c)));
    REQUIRE(merged(a, a) == a);
    auto twice = merged(a, b);
    REQUIRE(!merge(twice, b));
  }
}

TEST_CASE("the state of two headers is merged() of theirs, and the time of its end goes with it") {
  using enum job_state;
  for (const auto a : {pending, running, done, done_with_failures, cancelled, expired, removed})
    for (const auto b : {pending, running, done, done_with_failures, cancelled, expired, removed}) {
      CAPTURE(to_string(a));
      CAPTURE(to_string(b));
      job_header one{.state = a}, two{.state = b};
      one.ended = wall_time{std::chrono::milliseconds{1}};
      two.ended = wall_time{std::chrono::milliseconds{2}};
      const auto both = merged(one, two);
      CHECK(both.state == merged(a, b));
      CHECK(both.ended == (both.state == a ? one.ended : two.ended));
    }
}

TEST_CASE("the totals are those of the longer submission, both of one") {
  job_header one{.items_total = 300, .segments_total = 2}, two{.items_total = 257, .segments_total = 3};
  CHECK(merged(one, two).items_total == 257);
  CHECK(merged(one, two).segments_total == 3);
  CHECK(merged(one, {}).items_total == 300);
}
