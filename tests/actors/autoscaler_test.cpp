#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A pool of 1 to `workers_max` workers, one text a batch, each of which takes a worker 100 ms.
struct load_world : actor_world {
  explicit load_world(uint32_t workers_max) : actor_world(fake_device::mode::manual) {
    options.pools[0].workers_max = workers_max;
    options.pools[0].batch_items_max = 1;
    start();
  }
  /// Keeps so many texts waiting or in engines, for so long; the workers at its end.
  uint32_t load(size_t texts, std::chrono::milliseconds time) {
    constexpr auto text_time = 100ms;
    for (auto gone = 0ms; gone < time; gone += text_time) {
      while (device->waiting() + pool_state().queued_items < texts)
        submit({"text"});
      pass(text_time);
      for (auto done = pool_state().workers; done > 0 && device->complete(); --done)
        step();
    }
    return pool_state().workers;
  }
};

} // namespace

TEST_CASE("a step of the load grows a pool within the documented time: grow_after, and grow_pause for each doubling") {
  struct row {
    uint32_t workers_max;
    std::chrono::milliseconds within; ///< grow_after + (⌈log2 k⌉ - 1) · grow_pause and two sample periods
  };
  for (const auto& [workers_max, within] : {row{2, 1'000ms}, {4, 3'000ms}, {8, 5'000ms}}) {
    CAPTURE(workers_max);
    load_world world{workers_max};
    world.pass(3s);
    CHECK(world.pool_state().workers == 1);
    CHECK(world.load(40, within) == workers_max);
    CHECK(world.device->engines_alive == static_cast<int>(workers_max));
    world.complete_all();
  }
}

TEST_CASE("a moment of load does not grow a pool") {
  load_world world{4};
  world.pass(2s);
  for (int i = 0; i < 20; ++i) {
    CHECK(world.load(2, 100ms) == 1);
    world.complete_all();
    world.pass(500ms);
  }
  CHECK(world.pool_state().workers == 1);
}

TEST_CASE("an idle pool shrinks to its least size, one worker at a time, and what workers have is computed") {
  load_world world{3};
  CHECK(world.load(20, 4s) == 3);
  world.complete_all();
  world.pass(29s);
  CHECK(world.pool_state().workers == 3);
  world.pass(3s);
  CHECK(world.pool_state().workers == 2);
  world.pass(60s);
  CHECK(world.pool_state().workers == 1);
  CHECK(world.device->engines_alive == 1);
  CHECK(world.meter->restarted.empty());
  CHECK(world.gate->calls_in_flight() == 0);
}

TEST_CASE("what a pool has stays while it cannot be asked: an outage of the source changes nothing") {
  load_world world{4};
  CHECK(world.load(20, 4s) == 4);
  world.complete_all();
  // Nobody looks for ten minutes: that no work was done in them proves nothing.
  world.advance(600s);
  world.pass(2s);
  CHECK(world.pool_state().workers == 4);
}

TEST_CASE("a restarted autoscaler takes over the size that it finds, a restarted pool is given its size again") {
  load_world world{4};
  CHECK(world.load(20, 4s) == 4);
  world.kill(world.wiring()->autoscaler);
  world.pass(1s);
  CHECK(world.pool_state().workers == 4);
  world.complete_all();
  world.kill(world.pool());
  CHECK(world.pool_state().workers == 1);
  world.pass(1s);
  CHECK(world.pool_state().workers == 4);
  CHECK(world.meter->restarted["autoscaler"] == 1);
}

TEST_CASE("new limits hold at once, and without pooling one worker stays whatever the load") {
  load_world world{4};
  CHECK(world.load(20, 4s) == 4);
  auto changed = world.options.pools[0];
  const auto change = [&] {
    caf::anon_send(world.supervisor, change_atom_v, std::make_shared<const std::vector<pool_options>>(1, changed));
    world.step();
  };
  changed.workers_max = 2;
  change();
  CHECK(world.load(20, 1s) == 2);
  changed.workers_max = 8;
  changed.pooling = false;
  change();
  CHECK(world.load(20, 10s) == 1);
  world.complete_all();
}
