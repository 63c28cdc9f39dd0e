#include "runtime/base/item_failure.hpp"
#include "tests/actors/compress_calls.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A node whose engine and queue are full, as long as nobody completes what its engine has.
struct full_node : actor_world {
  full_node() : actor_world(fake_device::mode::manual) {
    options.pools[0].queue_items_max = 10;
    start();
    submit({"in the engine"});
    submit(std::vector<std::string>(10, "in the queue"));
  }
};

} // namespace

TEST_CASE("sentences that find no room are asked for again when there may be some, for calls and for jobs") {
  for (const auto level : {priority::high, priority::normal, priority::batch}) {
    CAPTURE(static_cast<int>(level));
    full_node world;
    auto with = to_compress(semantic);
    with.priority = level;
    const auto outcome = world.submit({sentences(9)}, with);
    world.complete_all();
    const auto before = world.device->sequences().size();
    world.pass(49ms, 1ms);
    CHECK(world.device->sequences().size() == before);
    CHECK_FALSE(outcome->answered());
    world.pass(14ms, 1ms); // 50 ms and up to a quarter more
    CHECK(world.device->sequences().size() == before + 1);
    world.complete_all();
    CHECK(made_of(outcome).report.units == 9);
  }
}

TEST_CASE("a node that stays full fails the text in the end, naming it, with the time to come back") {
  full_node world;
  const auto outcome = world.submit({sentences(9)}, to_compress(semantic));
  const auto pauses = 50ms + 100ms + 200ms + 400ms + 800ms + 1'600ms + 3'200ms;
  world.pass(pauses - 50ms);
  CHECK_FALSE(outcome->answered());
  world.pass(pauses / 4 + 100ms); // what spreads those who are refused together
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::overloaded);
  CHECK(outcome->error().retry_after == 50ms);
  CHECK(item_of(outcome->error()) == 0u);
  world.complete_all();
  const auto next = world.submit({sentences(9)}, to_compress(semantic));
  world.complete_all();
  CHECK(made_of(next).report.units == 9);
}

TEST_CASE("nobody waits for room past the deadline: the refusal is the answer, while it is one") {
  full_node world;
  auto with = to_compress(semantic);
  with.deadline = world.now() + 120ms;
  const auto outcome = world.submit({sentences(9)}, with);
  world.pass(49ms, 1ms);
  CHECK_FALSE(outcome->answered());
  world.pass(14ms, 1ms); // the next try would come after 150 ms
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::overloaded);
  CHECK(outcome->error().retry_after == 50ms);
}

TEST_CASE("a client that goes while its sentences wait for room leaves nothing behind, and nothing is asked again") {
  full_node world;
  auto [call, gone] = make_call({sentences(9)}, to_compress(semantic));
  const std::weak_ptr<weft::call> watched = call;
  world.entrance->submit(call);
  world.step();
  call->cancel();
  call.reset();
  world.pass(150ms);
  CHECK(watched.expired());
  CHECK(gone->code() == errc::cancelled);
  world.complete_all();
  world.pass(1s);
  CHECK(world.device->sequences() == std::vector<size_t>{1, 10});
}

TEST_CASE("parts of a long text that are refused wait, and no sentence is embedded twice") {
  actor_world world(fake_device::mode::manual);
  world.options.pools[0].queue_items_max = 260; // the parts have 256, 256 and 188 sentences
  world.start();
  const auto outcome = world.submit({sentences(700)}, to_compress(semantic));
  world.complete_all();
  CHECK_FALSE(outcome->answered());
  CHECK(world.meter->computed["fake:0"] < 700);
  for (int i = 0; i < 20; ++i) {
    world.pass(50ms);
    world.complete_all();
  }
  CHECK(made_of(outcome).report.units == 700);
  CHECK(world.meter->computed["fake:0"] == 700);
}
