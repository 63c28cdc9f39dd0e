#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> texts_of(size_t count, size_t length, char letter = 'a') {
  return std::vector<std::string>(count, std::string(length, letter));
}

} // namespace

TEST_CASE("a call goes through gateway, tokenizer and worker, and its vectors come back") {
  actor_world world;
  world.start();
  auto outcome = world.submit({"one", "two", ""});
  REQUIRE(outcome->answered());
  REQUIRE(outcome->code() == errc::none);
  fake_model same{world.device};
  auto reply = outcome->reply();
  CHECK(reply.items.at(0).values == same.vector("one"));
  CHECK(reply.items.at(1).values == same.vector("two"));
  CHECK(reply.items.at(2).values == same.vector(""));
  CHECK(world.meter->computed["fake:0"] == 3);
  CHECK(world.gate->calls_in_flight() == 0);
  CHECK(world.gate->calls_done() == 1);
}

TEST_CASE("a batch goes to an idle worker at once, and what comes meanwhile makes the next") {
  actor_world world{fake_device::mode::manual};
  world.start();
  auto first = world.submit({"a"});
  CHECK(world.device->waiting() == 1);
  for (int i = 0; i < 10; ++i)
    world.submit({"b"});
  CHECK(world.device->waiting() == 1);
  world.complete_all();
  CHECK(world.device->sequences() == std::vector<size_t>{1, 10});
}

TEST_CASE("a full batch goes to a worker that is busy, one and no more") {
  actor_world world{fake_device::mode::manual};
  world.options.pools[0].batch_items_max = 4;
  world.start();
  world.submit(texts_of(20, 5));
  CHECK(world.device->waiting() == 2);
  world.complete_all();
  CHECK(world.device->sequences() == std::vector<size_t>{4, 4, 4, 4, 4});
}

TEST_CASE("what waits is dealt out evenly to idle workers") {
  actor_world world{fake_device::mode::manual};
  world.options.pools[0].workers_min = world.options.pools[0].workers_max = 2;
  world.start();
  auto first = world.submit(texts_of(2, 254));
  CHECK(world.device->sequences() == std::vector<size_t>{1, 1});
}

TEST_CASE("no batch passes the budget, which is what engines are best with, whatever clients send") {
  for (auto [batch_tokens_max, tokens_best, want] :
       {std::tuple{1'024u, 0u, 1'024u}, {16'384u, 600u, 600u}, {1'024u, 5'000u, 1'024u}, {10u, 0u, 256u}}) {
    CAPTURE(batch_tokens_max);
    actor_world world;
    world.device->tokens_best = tokens_best;
    world.options.pools[0].batch_tokens_max = batch_tokens_max;
    world.options.pools[0].workers_min = world.options.pools[0].workers_max = 2;
    world.start();
    std::mt19937 random{7};
    for (int i = 0; i < 60; ++i) {
      std::vector<std::string> texts;
      for (auto n = random() % 40 + 1; n > 0; --n)
        texts.push_back(std::string(random() % 400, 'x'));
      CHECK(world.submit(std::move(texts))->code() == errc::none);
    }
    CHECK(std::ranges::max(world.device->tokens()) <= want);
    CHECK(std::ranges::max(world.device->tokens()) > want / 2);
  }
}

TEST_CASE("high priority is served before what waited longer, and batch work is not starved") {
  actor_world world{fake_device::mode::manual};
  world.options.pools[0].batching = false;
  world.start();
  world.submit({"busy"});
  auto batch = world.submit(texts_of(5, 3), {.priority = priority::batch});
  auto high = world.submit(texts_of(40, 3), {.priority = priority::high});
  size_t high_at = 0, batch_at = 0;
  for (size_t done = 1; world.device->complete(); ++done) {
    world.step();
    if (high->answered() && high_at == 0)
      high_at = done;
    if (batch->answered() && batch_at == 0)
      batch_at = done;
  }
  CHECK(high_at > 0);
  CHECK(high_at <= 1 + 40 + 4);
  CHECK(batch_at > high_at);
}

TEST_CASE("a large call does not hold up a small one") {
  actor_world world{fake_device::mode::manual};
  world.options.pools[0].batch_tokens_max = 1'024;
  world.start();
  auto large = world.submit(texts_of(1'024, 126));
  auto small = world.submit(texts_of(1, 126));
  size_t batches = 0;
  while (!small->answered() && world.device->complete()) {
    world.step();
    ++batches;
  }
  CHECK(batches <= 4);
  CHECK_FALSE(large->answered());
  world.complete_all();
  CHECK(large->code() == errc::none);
}

TEST_CASE("a deadline that passes in the queue is answered at that moment, and nothing is computed") {
  actor_world world{fake_device::mode::manual};
  world.start();
  world.submit({"busy"});
  auto late = world.submit({"a", "b"}, {.deadline = world.now() + 30ms});
  world.advance(29ms);
  CHECK_FALSE(late->answered());
  world.advance(1ms);
  REQUIRE(late->answered());
  CHECK(late->code() == errc::deadline_exceeded);
  CHECK(world.meter->dropped[errc::deadline_exceeded] == 2);
  world.complete_all();
  CHECK(world.device->sequences() == std::vector<size_t>{1});
}

TEST_CASE("deadlines that come in any order are each answered in time") {
  actor_world world{fake_device::mode::manual};
  world.start();
  world.submit({"busy"});
  std::vector<std::pair<time_point, outcome_ptr>> calls;
  for (auto wait : {500ms, 20ms, 300ms, 70ms, 1'000ms, 5ms}) {
    auto deadline = world.now() + wait;
    calls.emplace_back(deadline, world.submit({"a"}, {.deadline = deadline}));
  }
  for (int i = 0; i < 1'010; ++i) {
    world.advance(1ms);
    for (const auto& [deadline, outcome] : calls)
      CHECK(outcome->answered() == (world.now() >= deadline));
  }
}

TEST_CASE("a cancelled call frees its room within 100 ms and is never computed") {
  actor_world world{fake_device::mode::manual};
  world.start();
  world.submit({"busy"});
  auto [call, outcome] = make_call({"a", "b", "c"});
  world.entrance->submit(call);
  world.step();
  CHECK(world.pool_state().queued_items == 3);
  call->cancel();
  call.reset();
  world.advance(100ms);
  CHECK(outcome->code() == errc::cancelled);
  CHECK(world.pool_state().queued_items == 0);
  CHECK(world.meter->dropped[errc::cancelled] == 3);
  CHECK(world.gate->calls_in_flight() == 1);
  world.complete_all();
  CHECK(world.device->sequences() == std::vector<size_t>{1});
}

TEST_CASE("a full queue is answered with errc::overloaded and the time to come back") {
  actor_world world{fake_device::mode::manual};
  world.options.pools[0].queue_items_max = 10;
  world.start();
  world.submit({"busy"});
  auto fits = world.submit(texts_of(10, 3));
  auto refused = world.submit({"a"});
  REQUIRE(refused->answered());
  CHECK(refused->code() == errc::overloaded);
  CHECK(refused->error().retry_after.has_value());
  world.complete_all();
  CHECK(fits->code() == errc::none);
}

TEST_CASE("without batching every text is a batch, and a worker has one at a time") {
  actor_world world{fake_device::mode::manual};
  world.options.pools[0].batching = false;
  world.start();
  auto outcome = world.submit(texts_of(5, 3));
  CHECK(world.device->waiting() == 1);
  world.complete_all();
  CHECK(world.device->sequences() == std::vector<size_t>{1, 1, 1, 1, 1});
  CHECK(outcome->code() == errc::none);
}

TEST_CASE("without pooling there is one worker, whatever the sizes say") {
  actor_world world;
  world.options.pools[0].workers_min = 3;
  world.options.pools[0].workers_max = 5;
  world.options.pools[0].pooling = false;
  world.start();
  CHECK(world.pool_state().workers == 1);
  CHECK(world.device->engines_alive == 1);
}

TEST_CASE("new sizes and budgets hold while the pool runs") {
  actor_world world{fake_device::mode::manual};
  world.start();
  auto first = world.submit(texts_of(8, 3));
  auto changed = world.options.pools[0];
  changed.workers_min = changed.workers_max = 4;
  changed.tokenizers = 3;
  changed.batch_items_max = 2;
  auto resize = [&] {
    caf::anon_send(world.supervisor, change_atom_v, std::make_shared<const std::vector<pool_options>>(1, changed));
    world.step();
  };
  resize();
  CHECK(world.pool_state().workers == 4);
  CHECK(world.device->engines_alive == 4);
  auto second = world.submit(texts_of(8, 3));
  auto batches = world.device->sequences();
  CHECK(std::ranges::max(std::vector(batches.begin() + 1, batches.end())) == 2);
  // A worker that is told to go ends what it has first.
  changed.workers_min = changed.workers_max = 1;
  changed.tokenizers = 1;
  resize();
  world.complete_all();
  CHECK(first->code() == errc::none);
  CHECK(second->code() == errc::none);
  CHECK(world.pool_state().workers == 1);
  CHECK(world.device->engines_alive == 1);
  CHECK(world.meter->restarted.empty());
  CHECK(world.submit({"x"})->answered() == false);
  world.complete_all();
}

TEST_CASE("a drained pool ends what it has, refuses the rest, and lets its workers go") {
  actor_world world{fake_device::mode::manual};
  world.start();
  auto inside = world.submit({"a", "b"});
  caf::anon_send(world.pool(), drain_atom_v);
  world.step();
  auto outside = world.submit({"c"});
  CHECK(outside->code() == errc::draining);
  CHECK_FALSE(inside->answered());
  CHECK(world.device->engines_alive == 1);
  world.complete_all();
  CHECK(inside->code() == errc::none);
  CHECK(world.pool_state().workers == 0);
  CHECK(world.device->engines_alive == 0);
}

TEST_CASE("a poison text fails alone after three tries, and its neighbours are computed") {
  actor_world world{fake_device::mode::manual};
  world.device->poison = {'!'};
  world.start();
  world.submit({"busy"});
  std::vector<outcome_ptr> fine;
  for (int i = 0; i < 30; ++i)
    fine.push_back(world.submit({"good"}));
  auto poison = world.submit({"bad!"});
  world.complete_all();
  for (const auto& it : fine)
    CHECK(it->code() == errc::none);
  REQUIRE(poison->answered());
  CHECK(poison->code() == errc::engine_failed);
  CHECK(world.meter->restarted.empty());
}

TEST_CASE("a worker that dies is replaced, and its texts are computed by the next") {
  actor_world world{fake_device::mode::manual};
  world.device->deadly = {'!'};
  world.start();
  world.submit({"busy"});
  auto fine = world.submit(texts_of(20, 4));
  auto deadly = world.submit({"bad!"});
  world.complete_all();
  CHECK(fine->code() == errc::none);
  REQUIRE(deadly->answered());
  CHECK(deadly->code() == errc::engine_failed);
  // In the whole batch, in its group, alone.
  CHECK(world.meter->restarted["default.worker"] == 3);
  CHECK(world.unhealthy.empty());
  CHECK(world.submit({"next"})->answered() == false);
  CHECK(world.complete_all() == 1);
}

TEST_CASE("a text that kills tokenizers fails its call after three of them; the others go on") {
  actor_world world;
  world.start();
  auto deadly = world.submit({"\x01"});
  REQUIRE(deadly->answered());
  CHECK(deadly->code() == errc::internal);
  CHECK(world.meter->restarted["default.tokenizer"] == 3);
  CHECK(world.submit({"fine"})->code() == errc::none);
}

TEST_CASE("bad texts are named, and cost no engine time") {
  actor_world world;
  world.start();
  CHECK(world.submit({"a", "\xFF"})->error().message == "text 1: not UTF-8");
  auto refused = world.submit({std::string(300, 'x')}, {.embed = {.truncate = false}});
  CHECK(refused->code() == errc::text_too_long);
  CHECK(world.device->sequences().empty());
}
