#include "actors/points_ask.hpp"
#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> texts_of(size_t count, size_t length, char letter = 'a') {
  return std::vector<std::string>(count, std::string(length, letter));
}

/// A pool of one engine that does its pieces in order, and has `outstanding` pieces of work on points all the time.
struct points_world : actor_world {
  explicit points_world(bool batching) : actor_world(fake_device::mode::manual) {
    device->hold_points = true;
    options.pools[0].batching = batching;
    start();
  }
  void keep(int outstanding) {
    for (wanted_ = outstanding; asked_ < wanted_;)
      give_one();
  }
  bool complete_one() {
    const auto done = device->complete_next();
    step();
    keep(wanted_);
    return done;
  }
  /// Pieces that the engine does until the call is answered, the one that does it included.
  int pieces_until(const outcome_ptr& outcome) {
    int pieces = 0;
    while (!outcome->answered() && pieces < 100 && complete_one())
      ++pieces;
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::none);
    return pieces;
  }

private:
  void give_one() {
    ++asked_;
    similarity_work work{.dimensions = 4, .rows = std::vector<int8_t>(400), .columns = std::vector<int8_t>(40)};
    caf::anon_send(pool(), std::make_shared<points_ask>(std::move(work), [this](const engine_reply&) { --asked_; }));
    step();
  }

  int wanted_ = 0;
  int asked_ = 0;
};

} // namespace

TEST_CASE("a worker that has work on points is busy: batches, and more such work, go to another") {
  actor_world world{fake_device::mode::manual};
  world.device->hold_points = true;
  world.options.pools[0].workers_min = world.options.pools[0].workers_max = 2;
  world.start();
  int done = 0;
  const auto give = [&] {
    similarity_work work{.dimensions = 4, .rows = std::vector<int8_t>(400), .columns = std::vector<int8_t>(40)};
    caf::anon_send(world.pool(), std::make_shared<points_ask>(std::move(work), [&done](const engine_reply& reply) {
                     done += reply.output ? 1 : 0;
                   }));
    world.step();
  };
  give();
  CHECK(world.pool_state().workers_busy == 1);
  auto text = world.submit({"a"});
  CHECK(world.device->waiting() == 1);
  world.complete_all();
  CHECK(text->code() == errc::none);
  CHECK(world.meter->computed == std::map<std::string, uint64_t>{{"fake:1", 1}});
  give();
  CHECK(world.pool_state().workers_busy == 2);
  // No full batch, and nobody is without points: it goes behind those of the first.
  auto next = world.submit({"b"});
  CHECK(world.device->waiting() == 1);
  while (world.device->complete_next())
    world.step();
  CHECK(next->code() == errc::none);
  CHECK(world.meter->computed["fake:0"] == 1);
  CHECK(done == 2);
  CHECK(world.pool_state().workers_busy == 0);
}

TEST_CASE("a short text waits for the pieces that were there when it came, however much work on points follows") {
  for (const bool batching : {true, false}) {
    CAPTURE(batching);
    points_world world{batching};
    world.keep(2);
    const auto first = world.submit({"a"});
    CHECK(world.pieces_until(first) <= 2 + 1);
    // One that finds the other text's batch at the engine, too.
    world.submit({"b"});
    const auto behind = world.submit({"c"});
    world.keep(4); // two pieces more, which came later
    CHECK(world.pieces_until(behind) <= 3 + 1);
  }
}

TEST_CASE("work on points that found a text waiting goes when a batch has gone, not when none waits any more") {
  points_world world{false};
  world.submit({"in the engine"});
  const auto texts = world.submit(texts_of(10, 3));
  world.keep(1);
  CHECK_FALSE(world.device->complete_points());
  world.complete_one();
  CHECK_FALSE(texts->answered());
  CHECK(world.device->complete_points());
  CHECK(world.pieces_until(texts) > 10);
}

TEST_CASE("work on points that found a text waiting goes when that text is gone without being computed") {
  points_world world{false};
  world.submit({"in the engine"});
  const auto late = world.submit({"a"}, {.deadline = world.now() + 10ms});
  world.keep(1);
  CHECK_FALSE(world.device->complete_points());
  world.advance(10ms);
  CHECK(late->code() == errc::deadline_exceeded);
  CHECK(world.device->complete_points());
  world.complete_all();
}

TEST_CASE("between work on points, high priority goes before batch priority") {
  for (const bool batching : {true, false}) {
    CAPTURE(batching);
    points_world world{batching};
    world.keep(2);
    world.submit({"busy"});
    const auto batch = world.submit({"job"}, {.priority = priority::batch});
    const auto high = world.submit({"now"}, {.priority = priority::high});
    CHECK(world.pieces_until(high) <= 3 + 1);
    CHECK((batching || !batch->answered()));
    CHECK(world.pieces_until(batch) <= 3 + 1);
  }
}

TEST_CASE("a worker that dies with work on points leaves nobody busy, and a batch behind it has lost no try") {
  actor_world world{fake_device::mode::manual};
  world.device->hold_points = true;
  world.device->deadly = {'!'};
  world.options.pools[0].batch_items_max = 1; // every batch is full: it goes behind the points
  world.start();
  similarity_work work{.dimensions = 4, .rows = std::vector<int8_t>(8), .columns = std::vector<int8_t>(8)};
  caf::anon_send(world.pool(), std::make_shared<points_ask>(std::move(work), [](const engine_reply&) {}));
  world.step();
  CHECK(world.pool_state().workers_busy == 1);
  auto deadly = world.submit({"!"});
  REQUIRE(deadly->answered());
  CHECK(deadly->code() == errc::engine_failed);
  CHECK(world.meter->restarted["default.worker"] == 4);
  CHECK(world.pool_state().workers_busy == 0);
  CHECK(world.device->complete_points()); // too late: its worker has gone
  world.step();
  auto next = world.submit({"fine"});
  world.complete_all();
  CHECK(next->code() == errc::none);
}
