#include "actors/points_ask.hpp"
#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A pool whose model is on devices; opened again it is on CPUs.
struct device_world : actor_world {
  explicit device_world(int devices, fake_device::mode how = fake_device::mode::manual) : actor_world(how) {
    device->devices = devices;
    options.models[0].open = [this]() -> result<model_ptr> {
      if (++models_opened > 1)
        device->devices = -1;
      return model_ptr{std::make_shared<fake_model>(device)};
    };
  }
};

similarity_work some_points() {
  return {.dimensions = 2, .rows = {1, 2, 3, 4}, .columns = {5, 6}};
}

/// Gives a pool work on points; what comes back is kept.
std::shared_ptr<std::optional<engine_reply>> give_points(actor_world& world, const std::string& device = {}) {
  auto heard = std::make_shared<std::optional<engine_reply>>();
  auto tell = [heard](engine_reply reply) { *heard = std::move(reply); };
  caf::anon_send(world.pool(), std::make_shared<points_ask>(some_points(), std::move(tell), device));
  world.step();
  return heard;
}

} // namespace

TEST_CASE("a model on devices has one worker a device, whatever the size of the pool would be") {
  for (const bool pooling : {true, false}) {
    CAPTURE(pooling);
    device_world world{3};
    world.options.pools[0].workers_max = 2;
    world.options.pools[0].pooling = pooling;
    world.start();
    CHECK(world.device->engines_made == (pooling ? 3 : 1));
    caf::anon_send(world.pool(), resize_atom_v, 7u);
    world.step();
    const auto state = world.pool_state();
    CHECK(state.workers == (pooling ? 3 : 1));
    CHECK(state.workers_min == state.workers);
    CHECK(state.workers_max == state.workers);
    CHECK(state.workers_wanted == state.workers);
  }
}

TEST_CASE("texts are dealt out to all devices") {
  device_world world{2};
  world.start();
  auto call = world.submit(std::vector<std::string>(2, std::string(254, 'x')));
  CHECK(world.device->sequences() == std::vector<size_t>{1, 1});
  world.complete_all();
  CHECK(call->code() == errc::none);
  CHECK(world.meter->computed == std::map<std::string, uint64_t>{{"fake:0", 1}, {"fake:1", 1}});
}

TEST_CASE("when a device is lost its texts are computed by the others, and nobody takes its worker's place") {
  device_world world{2};
  world.start();
  auto call = world.submit({"first"});
  world.device->devices_to_lose = 1;
  CHECK(world.complete_all() == 2);
  REQUIRE(call->answered());
  CHECK(call->code() == errc::none);
  CHECK(call->reply().items.at(0).values == fake_model{world.device}.vector("first"));
  CHECK(world.pool_state().workers == 1);
  CHECK(world.device->engines_made == 2);
  CHECK(world.device->engines_alive == 1);
  CHECK(world.meter->restarted.empty()); // no failure of an actor
  CHECK(world.meter->computed == std::map<std::string, uint64_t>{{"fake:1", 1}});
}

TEST_CASE("a worker whose device is lost is replaced with its engine where the model can make another") {
  actor_world world{fake_device::mode::manual};
  world.device->devices_to_lose = 1;
  world.start();
  const int made = world.device->engines_made;
  auto call = world.submit({"first"});
  world.complete_all();
  REQUIRE(call->answered());
  CHECK(call->code() == errc::none);
  CHECK(world.meter->restarted["default.worker"] == 1);
  CHECK(world.device->engines_made == made + 1);
  CHECK(world.unhealthy.empty());
}

TEST_CASE("a worker waits for what its lost engine still has, and all of it is computed elsewhere") {
  device_world world{2};
  world.options.pools[0].batch_items_max = 2;
  world.start();
  auto call = world.submit(std::vector<std::string>(8, "text"));
  CHECK(world.device->waiting() == 4); // two a worker
  world.device->devices_to_lose = 1;
  world.complete_all();
  REQUIRE(call->answered());
  CHECK(call->code() == errc::none);
  CHECK(world.pool_state().workers == 1);
  CHECK(world.meter->restarted.empty());
}

TEST_CASE("a batch for which an engine has no memory is computed in smaller ones") {
  device_world world{1, fake_device::mode::instant};
  world.device->tokens_fit = 50;
  world.start();
  auto call = world.submit(std::vector<std::string>(16, "8 tokens")); // and two more each
  REQUIRE(call->answered());
  CHECK(call->code() == errc::none);
  CHECK(world.device->tokens() == std::vector<size_t>{160, 40, 40, 40, 40});
  CHECK(world.pool_state().workers == 1); // the device is as good as before
}

TEST_CASE("work on points is done by another engine when a device is lost with it") {
  device_world world{2};
  world.start();
  world.device->devices_to_lose = 1;
  const auto heard = give_points(world);
  REQUIRE(heard->has_value());
  REQUIRE((*heard)->output);
  CHECK(std::get<similarity_output>(*(*heard)->output).products == run_similarity(some_points()).products);
  CHECK(world.pool_state().workers == 1);
}

TEST_CASE("work on points that comes to the last device when that is lost already is done by the CPU") {
  actor_world world{fake_device::mode::manual};
  world.device->devices = 1;
  world.device->cpu_serves = true;
  world.options.pools[0].batch_items_max = 1;
  world.start();
  auto call = world.submit({"first", "second"});
  CHECK(world.device->waiting() == 2); // so that its worker waits for the second one
  world.device->devices_to_lose = 1;
  CHECK(world.device->complete());
  world.step();
  const auto heard = give_points(world);
  CHECK_FALSE(heard->has_value());
  world.complete_all();
  REQUIRE(heard->has_value());
  CHECK((*heard)->output);
  CHECK(call->code() == errc::none);
  CHECK(world.pool_state().workers == 1);
}

TEST_CASE("work on points that its worker has not begun when it dies is done by the next one") {
  device_world world{2};
  world.start();
  auto call = world.submit({std::string(254, 'x'), std::string(254, 'y')}); // one a device
  world.device->devices_to_lose = 2;
  CHECK(world.device->complete());
  CHECK(world.device->complete());
  const auto heard = give_points(world); // the workers do not know yet
  world.complete_all();
  REQUIRE(heard->has_value());
  CHECK((*heard)->output);
  CHECK(call->code() == errc::unavailable);
}

TEST_CASE("work on points with which three devices were lost is given up") {
  device_world world{4};
  world.start();
  world.device->devices_to_lose = 100;
  const auto heard = give_points(world);
  REQUIRE(heard->has_value());
  REQUIRE_FALSE((*heard)->output);
  CHECK((*heard)->output.error().code == errc::engine_failed);
  CHECK(world.pool_state().workers == 1);
}

TEST_CASE("work on points that is for one device is done there, or not at all") {
  device_world world{3};
  world.device->hold_points = true;
  world.start();
  const auto busy = [&] { return world.pool_state().workers_busy; };
  const auto first = give_points(world, "fake:2"), second = give_points(world, "fake:2");
  CHECK(busy() == 1); // though two others have nothing to do
  const auto other = give_points(world, "fake:0");
  CHECK(busy() == 2);
  while (world.device->complete_points())
    world.step();
  for (const auto& heard : {first, second, other}) {
    REQUIRE(heard->has_value());
    CHECK((*heard)->output);
  }
  world.device->devices_to_lose = 1;
  for (const auto* device : {"fake:1", "fake:1", "fake:7"}) { // it is lost with the first
    const auto gone = give_points(world, device);
    REQUIRE(gone->has_value());
    REQUIRE_FALSE((*gone)->output);
    CHECK((*gone)->output.error().code == errc::unavailable);
  }
  CHECK(world.pool_state().workers == 2);
}

TEST_CASE("when the last device is lost the model is opened anew: what was inside fails, what comes next is computed") {
  device_world world{8};
  world.start();
  CHECK(world.models_opened == 1);
  auto inside = world.submit(std::vector<std::string>(8, std::string(254, 'x')));
  CHECK(world.device->waiting() == 8);
  world.device->devices_to_lose = 8;
  world.complete_all();
  REQUIRE(inside->answered());
  CHECK(inside->code() == errc::unavailable);
  CHECK(inside->error().retry_after > 0ms);
  CHECK(world.models_opened == 2);
  CHECK(world.board->snapshot()->models[0].state == model_state::ready);
  auto next = world.submit({"next"});
  world.complete_all();
  REQUIRE(next->answered());
  CHECK(next->code() == errc::none);
  CHECK(world.pool_state().workers == 1);
  CHECK(world.device->engines_alive == 1);
  CHECK(world.meter->restarted.empty()); // eight at once do not make the node unhealthy
  CHECK(world.unhealthy.empty());
}

TEST_CASE("work on points waits for the model that is opened anew") {
  device_world world{1};
  world.start();
  world.hold_tasks = true;
  world.device->devices_to_lose = 1;
  const auto heard = give_points(world);
  CHECK_FALSE(heard->has_value());
  world.hold_tasks = false;
  world.run_tasks();
  world.step();
  REQUIRE(heard->has_value());
  CHECK((*heard)->output);
}

TEST_CASE("a model that cannot be opened anew fails calls with the reason, and the node stays up") {
  device_world world{1, fake_device::mode::instant};
  const auto good = world.options.models[0].open;
  world.options.models[0].open = [&world, good]() -> result<model_ptr> {
    if (world.models_opened > 0)
      return failure{errc::model_unusable, "this CPU cannot compute in fp16"};
    return good();
  };
  world.start();
  world.device->devices_to_lose = 1;
  CHECK(world.submit({"inside"})->code() == errc::unavailable);
  auto next = world.submit({"next"});
  REQUIRE(next->answered());
  CHECK(next->code() == errc::model_unusable);
  CHECK(next->error().message == "this CPU cannot compute in fp16");
  CHECK(world.board->snapshot()->state == node_state::serving);
  CHECK(world.unhealthy.empty());
}
