#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("a kept model is opened at start, before any call") {
  actor_world world;
  world.start();
  CHECK(world.models_opened == 1);
  CHECK(world.device->engines_alive == 1);
  CHECK(world.board->snapshot()->state == node_state::serving);
}

TEST_CASE("a lazy model is opened by the first call, and calls wait for it") {
  actor_world world;
  world.options.models[0].load = model_load::lazy;
  world.hold_tasks = true;
  world.start();
  CHECK(world.board->snapshot()->state == node_state::serving);
  CHECK(world.tasks.empty());
  auto first = world.submit({"a"});
  auto second = world.submit({"b"});
  CHECK(world.tasks.size() == 1);
  CHECK_FALSE(first->answered());
  world.hold_tasks = false;
  world.run_tasks();
  world.step();
  CHECK(first->code() == errc::none);
  CHECK(second->code() == errc::none);
  CHECK(world.models_opened == 1);
}

TEST_CASE("calls that wait for a model are bounded, and leave when their deadline passes") {
  actor_world world;
  world.options.models[0].load = model_load::lazy;
  world.options.pools[0].queue_items_max = 2;
  world.hold_tasks = true;
  world.start();
  auto first = world.submit({"a"}, {.deadline = world.now() + 30ms});
  auto second = world.submit({"b"});
  CHECK(world.submit({"c"})->code() == errc::model_loading);
  world.advance(30ms);
  CHECK(first->code() == errc::deadline_exceeded);
  CHECK_FALSE(second->answered());
}

TEST_CASE("a model that cannot be opened fails its calls with the reason, and is tried again after a while") {
  for (bool throws : {false, true}) {
    CAPTURE(throws);
    actor_world world;
    auto good = world.options.models[0].open;
    bool broken = true;
    world.options.models[0].load = model_load::lazy;
    world.options.models[0].open = [&]() -> result<model_ptr> {
      if (broken && throws)
        throw std::runtime_error("vocab.txt is missing");
      if (broken)
        return failure{errc::model_unusable, "vocab.txt is missing"};
      return good();
    };
    world.start();
    auto first = world.submit({"a"});
    REQUIRE(first->answered());
    CHECK(first->code() == errc::model_unusable);
    CHECK(first->error().message == "vocab.txt is missing");
    broken = false;
    CHECK(world.submit({"b"})->code() == errc::model_unusable);
    CHECK(world.models_opened == 0);
    world.advance(500ms);
    CHECK(world.board->snapshot()->models[0].state == model_state::failed);
    CHECK(world.board->snapshot()->models[0].problem == "vocab.txt is missing");
    world.pass(30s, 500ms);
    world.submit({"c"}); // opens it
    CHECK(world.submit({"d"})->code() == errc::none);
    CHECK(world.models_opened == 1);
  }
}

TEST_CASE("a kept model that cannot be opened leaves the node serving, with the problem to see") {
  actor_world world;
  world.options.models[0].open = []() -> result<model_ptr> { return failure{errc::model_unusable, "damaged"}; };
  world.start();
  CHECK(world.board->snapshot()->state == node_state::serving);
  CHECK(world.submit({"a"})->code() == errc::model_unusable);
}

TEST_CASE("a dropped model lets its engines go when its calls are done, and comes back with the next call") {
  actor_world world{fake_device::mode::manual};
  world.start();
  auto inside = world.submit({"a"});
  caf::anon_send(world.wiring()->keeper, drop_atom_v, std::string{"m"});
  world.step();
  CHECK(world.device->engines_alive == 1);
  world.complete_all();
  CHECK(inside->code() == errc::none);
  CHECK(world.device->engines_alive == 0);
  CHECK(world.pool_state().workers == 0);
  auto next = world.submit({"b"});
  world.complete_all();
  CHECK(next->code() == errc::none);
  CHECK(world.models_opened == 2);
  CHECK(world.meter->restarted.empty());
}

TEST_CASE("calls choose their model; the first is the default") {
  actor_world world;
  auto second = std::make_shared<fake_device>();
  world.options.models.push_back({"n", model_load::lazy, [second]() -> result<model_ptr> {
                                    return model_ptr{std::make_shared<fake_model>(second, "n", 64)};
                                  }});
  world.options.models.push_back({"orphan", model_load::lazy, nullptr});
  world.options.pools.push_back({.name = "second", .model = "n"});
  world.start();
  CHECK(world.submit({"a"})->reply().model == "m");
  CHECK(world.submit({"a"}, {.model = "m"})->reply().model == "m");
  CHECK(world.submit({"a"}, {.model = "n"})->reply().model == "n");
  auto unknown = world.submit({"a"}, {.model = "x"});
  REQUIRE(unknown->answered());
  CHECK(unknown->code() == errc::unknown_model);
  CHECK(unknown->error().metadata.front() == std::pair<std::string, std::string>{"model", "x"});
  CHECK(world.submit({"a"}, {.model = "orphan"})->code() == errc::unavailable);
}
