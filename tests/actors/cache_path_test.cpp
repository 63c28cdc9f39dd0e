#include "runtime/base/item_failure.hpp"
#include "tests/actors/cached_world.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

using mode = fake_device::mode;

} // namespace

TEST_CASE("a text that was computed comes from memory the next time, equal to the bit") {
  cached_world world;
  world.start();
  auto first = world.submit({"a", "b"});
  auto second = world.submit({"b", "c", "a"});
  REQUIRE(second->code() == errc::none);
  CHECK(sources(first) == std::vector{source::computed, source::computed});
  CHECK(sources(second) == std::vector{source::memory, source::computed, source::memory});
  CHECK(second->reply().items[2].values == first->reply().items[0].values);
  CHECK(second->reply().items[2].tokens == first->reply().items[0].tokens);
  CHECK(second->reply().model == "m");
  CHECK(second->reply().model_version == "0123456789ab");
  CHECK(second->reply().usage.tokens == 9);
  CHECK(world.all_computed() == 3);
}

TEST_CASE("options and tenants are part of what a result is") {
  cached_world world;
  world.start();
  world.submit({"a"});
  CHECK(sources(world.submit({"a"}, {.embed = {.normalize = false}}))[0] == source::computed);
  CHECK(sources(world.submit({"a"}, {.embed = {.side = truncation_side::left}}))[0] == source::computed);
  CHECK(sources(world.submit({"a"}))[0] == source::memory);
}

TEST_CASE("a thousand equal texts at once are computed once") {
  cached_world world{mode::manual};
  world.start();
  std::vector<outcome_ptr> all;
  for (int i = 0; i < 1'000; ++i)
    all.push_back(world.submit({"the same"}));
  world.complete_all();
  for (const auto& one : all)
    REQUIRE(one->code() == errc::none);
  CHECK(world.all_computed() == 1);
  CHECK(sources(all[0])[0] == source::computed);
  CHECK(sources(all[999])[0] == source::shared);
}

TEST_CASE("equal texts of one call are computed once, and each has its vector") {
  cached_world world;
  world.start();
  auto outcome = world.submit({"x", "y", "x", "x"});
  REQUIRE(outcome->code() == errc::none);
  CHECK(world.all_computed() == 2);
  CHECK(outcome->reply().items[3].values == outcome->reply().items[0].values);
}

TEST_CASE("a leader whose client goes hands over; the others are answered") {
  cached_world world{mode::manual};
  world.start();
  auto [leader, led] = make_call({"the same"});
  world.entrance->submit(leader);
  world.step();
  auto follower = world.submit({"the same"});
  leader->cancel();
  leader.reset();
  world.pass(300ms);
  world.complete_all();
  REQUIRE(follower->answered());
  CHECK(follower->code() == errc::none);
}

TEST_CASE("a follower's deadline is its own") {
  cached_world world{mode::manual};
  world.start();
  auto patient = world.submit({"the same"});
  auto hasty = world.submit({"the same"}, {.deadline = world.now() + 1s});
  world.pass(1500ms);
  REQUIRE(hasty->answered());
  CHECK(hasty->code() == errc::deadline_exceeded);
  CHECK_FALSE(patient->answered());
  world.complete_all();
  CHECK(patient->code() == errc::none);
}

TEST_CASE("a bad text fails its call with its own number, and the good texts of that call do not fail others") {
  cached_world world;
  world.start();
  world.submit({"warm"});
  auto bad = world.submit({"warm", "good", "\xFF"});
  REQUIRE(bad->answered());
  CHECK(bad->code() == errc::invalid_utf8);
  CHECK(item_of(bad->error()) == 2);
  CHECK(bad->error().message.starts_with("text 2"));
  CHECK(world.submit({"good"})->code() == errc::none);
}

TEST_CASE("what memory forgot comes from the store, also after a restart of the shard") {
  cached_world world;
  world.give_store();
  world.start();
  auto first = world.submit({"a"});
  world.settle();
  CHECK(first->code() == errc::none);
  CHECK(world.store->entries.size() == 1);
  world.kill(world.wiring()->shards[0]);
  world.step();
  auto again = world.submit({"a"});
  CHECK_FALSE(again->answered()); // the store is asked, and nobody waits for it on a thread
  world.settle();
  REQUIRE(again->answered());
  CHECK(sources(again) == std::vector{source::store});
  CHECK(again->reply().items[0].values == first->reply().items[0].values);
  CHECK(world.all_computed() == 1);
}

TEST_CASE("a store that does not work costs nothing but its hits") {
  cached_world world;
  world.give_store();
  world.store->broken = true;
  world.start();
  auto outcome = world.submit({"a"});
  world.settle();
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::none);
  world.pass(1s);
  CHECK_FALSE(world.board->snapshot()->cache.store_accepts_writes);
  CHECK(sources(world.submit({"a"}))[0] == source::memory);
}

TEST_CASE("a cleared cache serves nothing from before, also from the store") {
  cached_world world;
  world.give_store();
  world.start();
  world.submit({"a"});
  world.settle();
  caf::anon_send(world.supervisor, clear_atom_v, uint64_t{1});
  world.settle();
  CHECK(world.store->entries.empty());
  auto after = world.submit({"a"});
  world.settle();
  CHECK(sources(after) == std::vector{source::computed});
  CHECK(world.all_computed() == 2);
}

TEST_CASE("a shard that dies with calls inside answers them, and is replaced") {
  cached_world world{mode::manual};
  world.start();
  auto inside = world.submit({"a"});
  world.kill(world.wiring()->shards[0]);
  REQUIRE(inside->answered());
  CHECK(inside->code() == errc::unavailable);
  auto next = world.submit({"b"});
  world.complete_all();
  CHECK(next->code() == errc::none);
}

TEST_CASE("stopping answers those who wait at a shard") {
  outcome_ptr waiting;
  {
    cached_world world{mode::manual};
    world.start();
    waiting = world.submit({"a"});
  }
  REQUIRE(waiting->answered());
  CHECK(waiting->code() == errc::draining);
}

TEST_CASE("the snapshot counts hits, computed and shared texts") {
  cached_world world;
  world.start();
  world.submit({"a"});
  world.submit({"a"});
  world.pass(600ms);
  const auto seen = world.board->snapshot()->cache;
  CHECK(seen.memory.hits == 1);
  CHECK(seen.memory.entries == 1);
  CHECK(seen.computed == 1);
}

TEST_CASE("plain mode caches nothing") {
  cached_world world;
  world.options.cache.enabled = false;
  world.start();
  world.submit({"a"});
  CHECK(sources(world.submit({"a"}))[0] == source::computed);
  CHECK(world.all_computed() == 2);
}

TEST_CASE("texts go to the nodes that own their keys: one request a node, the answers in the order of the call") {
  two_nodes world;
  auto outcome = world.submit({world.theirs[0], world.mine[0], world.theirs[1]});
  CHECK_FALSE(outcome->answered());
  REQUIRE(world.peers->asks.size() == 1);
  const auto& asked = world.peers->asks[0];
  CHECK(asked.peer == node_id{2});
  CHECK(asked.request.texts == std::vector{world.theirs[0], world.theirs[1]});
  CHECK_FALSE(asked.request.compute_only);
  asked.answer(1);
  asked.answer(0);
  asked.end();
  world.step();
  REQUIRE(outcome->answered());
  const auto reply = outcome->reply();
  CHECK(reply.items[0].values == std::vector<float>{7, 0, 0, 1});
  CHECK(reply.items[1].values == fake_model{world.device}.vector(world.mine[0]));
  CHECK(reply.items[2].values == std::vector<float>{7, 1, 0, 1});
}

TEST_CASE("what a peer answered is near the next time") {
  two_nodes world;
  world.submit({world.theirs[0]});
  world.peers->asks[0].answer(0);
  world.peers->asks[0].end();
  world.step();
  auto again = world.submit({world.theirs[0]});
  CHECK(world.peers->asks.size() == 1);
  REQUIRE(again->answered());
  CHECK(sources(again) == std::vector{source::memory});
}

TEST_CASE("what a peer leaves unanswered is computed here, and only that") {
  for (auto why : {errc::unavailable, errc::overloaded, errc::draining, errc::other_identity, errc::internal}) {
    CAPTURE(to_string(why));
    two_nodes world;
    auto outcome = world.submit({world.theirs[0], world.theirs[1]});
    world.peers->asks[0].answer(0);
    world.peers->asks[0].end(failure{why, "gone"});
    world.step();
    REQUIRE(outcome->answered());
    REQUIRE(outcome->code() == errc::none);
    CHECK(outcome->reply().items[0].values == std::vector<float>{7, 0, 0, 1});
    CHECK(outcome->reply().items[1].values == fake_model{world.device}.vector(world.theirs[1]));
    CHECK(world.all_computed() == 1);
  }
}

TEST_CASE("a peer that finds a text bad fails the call, with the number that the client knows") {
  two_nodes world;
  auto outcome = world.submit({world.mine[0], world.theirs[0], world.theirs[1]});
  world.peers->asks[0].end(failure{errc::text_too_long, "text 1 has too many tokens", {{"item", "1"}}});
  world.step();
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::text_too_long);
  CHECK(item_of(outcome->error()) == 2);
  CHECK(outcome->error().message.starts_with("text 2 has"));
}

TEST_CASE("a node that has gone owns nothing: its texts are computed by those that are left") {
  two_nodes world;
  world.tell({1});
  auto outcome = world.submit({world.theirs[0]});
  CHECK(world.peers->asks.empty());
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::none);
}

TEST_CASE("a node of weight 0 owns no keys") {
  two_nodes world;
  auto view = *two_nodes::view({1, 2});
  view.members[1].weight = 0;
  caf::anon_send(world.supervisor, std::make_shared<const cluster_view>(std::move(view)));
  world.step();
  for (const auto& text : world.theirs)
    CHECK(sources(world.submit({text})) == std::vector{source::computed});
  CHECK(world.peers->asks.empty());
}

TEST_CASE("misses are computed where there is room: here while this node is idle, elsewhere when it is behind") {
  two_nodes world{mode::manual};
  // Nothing is answered here, so what waits makes this node dearer with every call.
  std::vector<outcome_ptr> all;
  for (int i = 0; i < 40 && world.peers->asks.empty(); ++i) {
    all.push_back(world.submit({world.mine[0] + std::string(static_cast<size_t>(i), '!')}));
    world.peers->asks.erase(std::remove_if(world.peers->asks.begin(), world.peers->asks.end(),
                                           [](const auto& asked) {
                                             if (!asked.request.compute_only)
                                               asked.end(failure{errc::draining, "not mine"});
                                             return !asked.request.compute_only;
                                           }),
                            world.peers->asks.end());
    world.step();
  }
  REQUIRE(world.peers->asks.size() == 1);
  auto& asked = world.peers->asks[0];
  CHECK(asked.request.compute_only);
  SUBCASE("and the answer is kept by the owner") {
    asked.answer(0, 3);
    asked.end();
    world.step();
    REQUIRE(all.back()->answered());
    CHECK(all.back()->reply().items[0].values[0] == 3);
    const auto again = world.submit({asked.request.texts[0]});
    CHECK(sources(again) == std::vector{source::memory});
  }
  SUBCASE("and a node that cannot is no loss") {
    asked.end(failure{errc::unavailable, "gone"});
    world.step();
    world.complete_all();
    REQUIRE(all.back()->answered());
    CHECK(all.back()->code() == errc::none);
  }
}

TEST_CASE("a call that ends ends what was asked of other nodes for it, and nothing else") {
  two_nodes world;
  auto [going, lost] = make_call({world.theirs[0], world.mine[0]});
  world.entrance->submit(going);
  world.step();
  auto staying = world.submit({world.theirs[0]});
  REQUIRE(world.peers->asks.size() == 2);
  const auto& first = world.peers->asks[0];
  world.pass(500ms);
  CHECK_FALSE(first.cancelled());
  going->cancel();
  world.pass(200ms);
  CHECK(first.cancelled());
  CHECK_FALSE(world.peers->asks[1].cancelled());
  first.end(failure{errc::cancelled, "nobody waits"});
  world.step();
  CHECK(world.all_computed() == 1); // what was mine; what was asked for is not computed here instead
  world.peers->asks[1].answer(0);
  world.peers->asks[1].end();
  world.step();
  CHECK(staying->code() == errc::none);
  going.reset();
}

TEST_CASE("an answered request is not watched any more") {
  two_nodes world;
  auto outcome = world.submit({world.theirs[0]});
  world.peers->asks[0].answer(0);
  world.peers->asks[0].end();
  world.step();
  CHECK(outcome->code() == errc::none);
  const auto cancels = world.peers->asks[0].cancels;
  world.peers->asks.clear(); // as a link does with what has ended
  world.pass(1s);
  CHECK(*cancels == 0);
}

TEST_CASE("a follower takes a computation over as it is when its leader goes; nothing is computed twice") {
  cached_world world{mode::manual};
  world.start();
  auto [leader, led] = make_call({"the same", "another"});
  world.entrance->submit(leader);
  world.step();
  auto follower = world.submit({"the same"});
  leader->cancel();
  leader.reset();
  world.pass(300ms);
  world.complete_all();
  REQUIRE(follower->answered());
  CHECK(follower->code() == errc::none);
  CHECK(world.all_computed() == 2);
}

TEST_CASE("who took over does not inherit the deadline of who has gone") {
  cached_world world{mode::manual};
  world.start();
  auto busy = world.submit({"keeps the worker"});
  auto busier = world.submit({"and its place in the queue"});
  auto [leader, led] = make_call({"the same"}, {.deadline = world.now() + 1s});
  world.entrance->submit(leader);
  world.step();
  auto follower = world.submit({"the same"});
  leader->cancel();
  leader.reset();
  world.pass(2s);
  CHECK_FALSE(follower->answered());
  world.complete_all();
  REQUIRE(follower->answered());
  CHECK(follower->code() == errc::none);
  CHECK(busy->code() == errc::none);
  CHECK(busier->code() == errc::none);
}

TEST_CASE("a computation on another node is ended when nobody waits for it, and kept when somebody does") {
  two_nodes world{mode::manual};
  // As above: nothing is answered here, so this node becomes dearer with every call.
  std::vector<test_call> all;
  for (int i = 0; i < 40 && world.peers->asks.empty(); ++i) {
    all.push_back(make_call({world.mine[0] + std::string(static_cast<size_t>(i), '!')}));
    world.entrance->submit(all.back().call);
    world.step();
    std::erase_if(world.peers->asks, [](const auto& asked) {
      if (!asked.request.compute_only)
        asked.end(failure{errc::draining, "not mine"});
      return !asked.request.compute_only;
    });
    world.step();
  }
  REQUIRE(world.peers->asks.size() == 1);
  const auto& asked = world.peers->asks[0];
  outcome_ptr follower;
  SUBCASE("nobody") {}
  SUBCASE("somebody") {
    follower = world.submit({asked.request.texts[0]});
    if (world.peers->asks.size() > 1) // its key is the other node's: which gives it back
      world.peers->asks[1].end(failure{errc::draining, "not mine"});
    world.step();
  }
  all.back().call->cancel();
  all.back().call.reset();
  world.pass(500ms);
  CHECK(asked.cancelled() == !follower);
  if (follower) {
    asked.answer(0, 3);
    asked.end();
    world.step();
    REQUIRE(follower->answered());
    CHECK(follower->reply().items[0].values[0] == 3);
  }
}
