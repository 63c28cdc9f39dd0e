#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// Each child by name, as the present wiring has it.
void kill_child(actor_world& world, const std::string& name) {
  auto wiring = world.wiring();
  if (name == "gateway")
    world.kill(wiring->gateway);
  else if (name == "keeper")
    world.kill(wiring->keeper);
  else if (name == "monitor")
    world.kill(wiring->monitor);
  else if (name == "autoscaler")
    world.kill(wiring->autoscaler);
  else
    world.kill(wiring->pools.at(0).handle);
}

const std::vector<std::string> children{"gateway", "keeper", "monitor", "autoscaler", "default"};

} // namespace

TEST_CASE("a child that dies is restarted alone, and calls go on") {
  for (const auto& name : children) {
    CAPTURE(name);
    actor_world world;
    world.start();
    CHECK(world.submit({"before"})->code() == errc::none);
    auto before = world.wiring();
    kill_child(world, name);
    auto after = world.wiring();
    CHECK((after->gateway == before->gateway) == (name != "gateway"));
    CHECK((after->keeper == before->keeper) == (name != "keeper"));
    CHECK((after->monitor == before->monitor) == (name != "monitor"));
    CHECK((after->pools[0].handle == before->pools[0].handle) == (name != "default"));
    CHECK(world.submit({"after"})->code() == errc::none);
    CHECK(world.meter->restarted[name] == 1);
    CHECK(world.board->snapshot()->restarts == 1);
    CHECK(world.unhealthy.empty());
    CHECK(world.device->engines_alive == 1);
  }
}

TEST_CASE("the sixth death within 30 s makes the node unhealthy, once") {
  for (const auto& name : children) {
    CAPTURE(name);
    actor_world world;
    world.start();
    for (int i = 0; i < 5; ++i) {
      kill_child(world, name);
      world.advance(5s);
      CHECK(world.unhealthy.empty());
    }
    kill_child(world, name);
    REQUIRE(world.unhealthy.size() == 1);
    CHECK(world.unhealthy[0].starts_with(name + " failed too often"));
    if (name != "monitor") {
      CHECK(world.board->snapshot()->state == node_state::unhealthy);
      CHECK(world.board->snapshot()->reason == world.unhealthy[0]);
    }
    CHECK(world.submit({"late"})->code() == errc::draining);
    for (const auto& other : children)
      if (other != name)
        kill_child(world, other);
    CHECK(world.unhealthy.size() == 1);
  }
}

TEST_CASE("deaths that are further apart are restarted for ever") {
  actor_world world;
  world.start();
  for (int i = 0; i < 20; ++i) {
    kill_child(world, "gateway");
    world.pass(6'001ms, 100ms);
  }
  CHECK(world.unhealthy.empty());
  CHECK(world.submit({"a"})->code() == errc::none);
}

TEST_CASE("engines that cannot be made, again and again, make the node unhealthy and answer who waits") {
  actor_world world;
  world.device->engines_to_refuse = 100;
  world.start();
  REQUIRE(world.unhealthy.size() == 1);
  CHECK(world.unhealthy[0].starts_with("default.worker failed too often"));
  CHECK(std::ranges::count(world.log, "error worker: no memory for an engine") == 6);
  actor_world other;
  other.device->engines_to_refuse = 100;
  other.hold_tasks = true; // the call is there before the engine is
  other.start();
  other.hold_tasks = false;
  other.run_tasks();
  auto waits = other.submit({"a"});
  other.run_tasks();
  other.step();
  REQUIRE(waits->answered());
  CHECK(waits->code() != errc::none);
}

TEST_CASE("an engine that can be made at the third attempt serves") {
  actor_world world;
  world.device->engines_to_refuse = 2;
  world.start();
  CHECK(world.submit({"a"})->code() == errc::none);
  CHECK(world.meter->restarted["default.worker"] == 2);
  CHECK(world.unhealthy.empty());
}

TEST_CASE("whoever dies while a call is in an engine, its client is answered") {
  for (const auto& name : children) {
    CAPTURE(name);
    actor_world world{fake_device::mode::manual};
    world.start();
    auto computing = world.submit({"a"});
    auto queued = world.submit({"b"});
    kill_child(world, name);
    world.complete_all();
    for (const auto& it : {computing, queued}) {
      REQUIRE(it->answered());
      CHECK(it->code() == (name == "default" ? errc::unavailable : errc::none));
    }
    CHECK(world.gate->calls_in_flight() == 0);
  }
}

TEST_CASE("when the supervisor itself dies, everything ends and every client is answered") {
  actor_world world{fake_device::mode::manual};
  world.start();
  auto computing = world.submit({"a"});
  auto queued = world.submit({"b"});
  world.kill(world.supervisor);
  CHECK(computing->code() == errc::unavailable);
  CHECK(queued->code() == errc::unavailable);
  CHECK(world.submit({"late"})->code() == errc::unavailable);
  CHECK(world.actors() == 0);
  CHECK(world.device->engines_alive == 0);
  CHECK(world.unhealthy == std::vector<std::string>{"the supervisor itself has died"});
}

TEST_CASE("a call that is in a mailbox when its reader dies is answered") {
  for (const auto& name : {"gateway", "default"}) {
    CAPTURE(name);
    actor_world world;
    world.start();
    auto wiring = world.wiring();
    auto [call, outcome] = make_call({"a"});
    if (name == std::string{"gateway"}) {
      caf::anon_send_exit(wiring->gateway, caf::exit_reason::kill);
      world.entrance->submit(std::move(call));
    } else {
      caf::anon_send_exit(wiring->pools[0].handle, caf::exit_reason::kill);
      caf::anon_send(wiring->pools[0].handle, call_ptr{std::move(call)});
    }
    world.step();
    CHECK(outcome->code() == errc::unavailable);
  }
}

TEST_CASE("draining ends what is inside, refuses what comes, and tells once") {
  actor_world world{fake_device::mode::manual};
  world.start();
  auto inside = world.submit({"a"});
  int told = 0;
  caf::anon_send(world.supervisor, drain_atom_v, std::make_shared<const std::function<void()>>([&] { ++told; }));
  world.gate->close([hdl = world.supervisor] { caf::anon_send(hdl, idle_atom_v); });
  world.step();
  CHECK(world.board->snapshot()->state == node_state::draining);
  CHECK(world.submit({"late"})->code() == errc::draining);
  CHECK(told == 0);
  world.complete_all();
  CHECK(inside->code() == errc::none);
  CHECK(told == 1);
  world.pass(2s);
  CHECK(told == 1);
}

TEST_CASE("stopping answers what waits with errc::draining and leaves no actor and no engine") {
  for (bool loading : {false, true}) {
    CAPTURE(loading);
    actor_world world{fake_device::mode::manual};
    world.hold_tasks = loading;
    world.start();
    auto first = world.submit({"a"});
    auto second = world.submit(std::vector<std::string>(100, "b"));
    auto [call, in_mailbox] = make_call({"c"});
    world.entrance->submit(std::move(call));
    caf::anon_send(world.supervisor, stop_atom_v);
    world.step();
    for (const auto& it : {first, second, in_mailbox}) {
      REQUIRE(it->answered());
      CHECK(it->code() == errc::draining);
    }
    CHECK(world.actors() == 0);
    CHECK(world.device->engines_alive == 0);
    CHECK(world.unhealthy.empty());
  }
}

TEST_CASE("a node that says that it serves shows its model as ready, with no time between") {
  actor_world world;
  std::vector<model_state> seen; // at each moment when the node serves
  world.hold_tasks = true;
  world.start();
  world.hold_tasks = false;
  world.run_tasks();
  while (world.step_once())
    if (auto now = world.board->snapshot(); now->state == node_state::serving)
      seen.push_back(now->models.empty() ? model_state::unloaded : now->models[0].state);
  REQUIRE(!seen.empty());
  CHECK(std::ranges::all_of(seen, [](model_state state) { return state == model_state::ready; }));
}

TEST_CASE("the snapshot says how node, pools and models are, within half a second") {
  actor_world world{fake_device::mode::manual};
  world.hold_tasks = true;
  world.options.models.push_back({"other", model_load::lazy, []() -> result<model_ptr> {
                                    return failure{errc::model_unusable, "damaged"};
                                  }});
  world.start();
  CHECK(world.board->snapshot()->state == node_state::starting);
  world.hold_tasks = false;
  world.run_tasks();
  world.step();
  CHECK(world.board->snapshot()->state == node_state::serving);
  world.submit({"a"});
  world.submit({"b", "c"});
  world.advance(500ms);
  auto seen = world.board->snapshot();
  CHECK(seen->name == "n1");
  CHECK(seen->calls_in_flight == 2);
  REQUIRE(seen->models.size() == 2);
  CHECK(seen->models[0].state == model_state::ready);
  CHECK(seen->models[0].info.dimensions == fake_engine_dimensions);
  CHECK(seen->models[1].state == model_state::unloaded);
  REQUIRE(seen->pools.size() == 1);
  CHECK(seen->pools[0].name == "default");
  CHECK(seen->pools[0].workers == 1);
  CHECK(seen->pools[0].workers_busy == 1);
  CHECK(seen->pools[0].queued_items == 2);
  CHECK(seen->pools[0].utilization == doctest::Approx(1.0));
  world.complete_all();
  world.advance(500ms);
  seen = world.board->snapshot();
  CHECK(seen->calls_done == 2);
  CHECK(seen->pools[0].items_done == 3);
  CHECK(seen->pools[0].tokens_done == 9);
  CHECK(seen->pools[0].utilization == doctest::Approx(0.0));
}
