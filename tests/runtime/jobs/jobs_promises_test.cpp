// What a node says of a job is safe, and what is safe is used, when disks and links fail.
#include "tests/support/jobs_world.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

bool is_done(jobs_world& world, size_t i, job_id id) {
  const auto header = world.header(i, id);
  return header && header->state == job_state::done;
}

/// Nobody hears this node, and nobody has noticed yet.
void isolate(jobs_world& world, size_t which) {
  for (size_t i = 0; i < world.size(); ++i)
    if (i != which)
      world.cut(which, i);
}

/// How a submission of a job that is there already ends.
result<job_status> asked_again(jobs_world& world, size_t node, const std::string& request_id) {
  const auto number = world.open(node, request_id);
  auto& heard = world.at(node).submissions[number];
  REQUIRE(world.run_until([&] { return heard.ended.has_value(); }));
  return *heard.ended;
}

} // namespace

TEST_CASE("an isolated node does not say that a job is complete, however often it is asked") {
  jobs_world world{3};
  world.run_time = 1h;
  const auto texts = some_texts(512); // two segments
  const auto number = world.open(0, "r");
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  world.append(0, number, texts);
  REQUIRE(world.run_until([&] { return heard.durable == 512; }));
  isolate(world, 0);
  world.complete(0, number);
  REQUIRE(world.run_until([&] { return heard.ended.has_value(); }));
  REQUIRE(!*heard.ended);
  CHECK(heard.ended->error().code == errc::no_quorum);
  for (int i = 0; i < 2; ++i) {
    const auto again = asked_again(world, 0, "r");
    REQUIRE(!again);
    CHECK(again.error().code == errc::no_quorum);
  }
  world.heal();
  const auto again = asked_again(world, 0, "r");
  REQUIRE(again);
  CHECK(again->header.items_total == 512);
  CHECK(world.header(1, world.id_of("r"))->items_total == 512);
}

TEST_CASE("an isolated node does not say that a job is cancelled, however often it is asked") {
  jobs_world world{3};
  world.run_time = 1h;
  REQUIRE(world.submit(0, "r", some_texts(600)));
  const auto id = world.id_of("r");
  isolate(world, 0);
  for (int i = 0; i < 2; ++i) {
    const auto number = world.cancel(0, id);
    REQUIRE(world.run_until([&] { return world.at(0).cancels.contains(number); }));
    REQUIRE(!world.at(0).cancels.at(number));
    CHECK(world.at(0).cancels.at(number).error().code == errc::no_quorum);
  }
  world.heal();
  const auto number = world.cancel(0, id);
  REQUIRE(world.run_until([&] { return world.at(0).cancels.contains(number); }));
  CHECK(world.at(0).cancels.at(number));
  CHECK(world.run_until([&] { return world.header(2, id)->state == job_state::cancelled; }));
}

TEST_CASE("a submission hears that another one has completed the job when that is safe, and what it misses") {
  jobs_world world{3};
  world.run_time = 1h;
  const auto a = world.open(0, "r");
  const auto b = world.open(1, "r");
  auto& at_a = world.at(0).submissions[a];
  auto& at_b = world.at(1).submissions[b];
  REQUIRE(world.run_until([&] { return at_a.opened && at_b.opened; }));
  world.append(1, b, some_texts(500));
  REQUIRE(world.run_until([&] { return at_b.durable == 256; }));
  world.append(0, a, some_texts(256));
  world.complete(0, a);
  REQUIRE(world.run_until([&] { return at_a.ended && at_b.ended; }));
  CHECK(*at_a.ended);
  REQUIRE(!*at_b.ended);
  CHECK(at_b.ended->error().code == errc::invalid_argument);
  CHECK(at_b.ended->error().message.find("with 256 items") != std::string::npos);
}

TEST_CASE("a node whose disk answers nothing, or only errors, runs its segments from the others' copies") {
  for (const auto reads : {jobs_world::disk_reads::fail, jobs_world::disk_reads::hang}) {
    CAPTURE(static_cast<int>(reads));
    jobs_world world{3};
    world.at(1).reads = reads;
    const auto texts = some_texts(3'000);
    REQUIRE(world.submit(0, "r", texts));
    const auto id = world.id_of("r");
    REQUIRE(world.run_until([&] { return is_done(world, 0, id); }));
    CHECK(world.at(1).items_run > 0);
    CHECK(are_results_of(world.read_all(2, id), texts));
    CHECK(are_results_of(world.read_all(1, id), texts));
  }
}

TEST_CASE("results that one node alone has, and does not give any more, are fetched, and the job ends") {
  jobs_world world{3};
  world.run_time = 200ms;
  world.tell_members();
  world.advance(5s); // the first comparisons are over
  const auto texts = some_texts(5'000);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  isolate(world, 2);
  world.advance(10s);
  REQUIRE(world.at(2).items_run > 0);
  REQUIRE_FALSE(is_done(world, 0, id));
  // Its keeper begins anew within the same process: no member changes, so nothing is compared for that reason.
  world.kill(2);
  --world.at(2).epoch;
  world.heal();
  world.start(2);
  world.tell_members();
  CHECK(world.run_until([&] { return is_done(world, 0, id); }, 60s));
  CHECK(are_results_of(world.read_all(1, id), texts));
}
