#include "tests/actors/cached_world.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// Asks the node to drain as its composition root does, and says whether it has told so.
std::shared_ptr<bool> drain(actor_world& world) {
  auto drained = std::make_shared<bool>(false);
  caf::anon_send(world.supervisor, drain_atom_v,
                 std::make_shared<const std::function<void()>>([drained] { *drained = true; }));
  caf::anon_send(world.supervisor, idle_atom_v);
  world.step();
  return drained;
}

/// Repair is another test's matter: the other owner says once that it has nothing.
void no_repairs(cache_options& cache) {
  cache.repair.trial_keys = 1;
}

void warm(two_nodes& world, const std::vector<std::string>& texts) {
  auto outcome = world.submit(texts);
  world.settle();
  for (; !world.link->looks.empty(); world.link->looks.pop_front())
    world.link->looks.front().answer({});
  world.settle();
  REQUIRE(outcome->answered());
}

} // namespace

TEST_CASE("after a restart what was hot is in memory before it is asked for") {
  two_nodes world{two_nodes::with_store{}, [](cache_options& cache) {
                    cache.repair.trial_keys = 1;
                    cache.hot_keys_every = 1s;
                  }};
  warm(world, {world.mine[0], world.mine[1]});
  world.submit({world.mine[0]});
  world.pass(2s);
  REQUIRE(world.store->hot.size() == 2);
  CHECK(world.store->hot[0].key == world.key(world.mine[0]));
  world.kill(world.wiring()->shards[0]); // memory is lost
  world.settle();
  const auto gets = world.store->gets;
  CHECK(sources(world.submit({world.mine[0]})) == std::vector{source::memory});
  CHECK(world.store->gets == gets);
  const auto care = world.care();
  CHECK(care.preloaded == 2);
  CHECK(care.preloaded_used == 1);
}

TEST_CASE("fetching ahead is under a rate, and off when it is switched off") {
  for (const bool enabled : {true, false}) {
    CAPTURE(enabled);
    cached_world world;
    world.give_store();
    world.options.cache.preload = {.enabled = enabled, .bytes_per_second = 1'000, .batch_keys = 1};
    two_nodes other;
    for (const auto& text : other.mine) {
      world.store->entries[other.key(text)] = other.entry(text);
      world.store->hot.push_back({other.key(text), 5});
    }
    world.start();
    world.settle();
    CHECK(world.store->gets == (enabled ? 1 : 0)); // the next one when this one is paid for
    for (int i = 0; i < 100; ++i) {
      world.pass(100ms, 10ms);
      world.settle();
    }
    CHECK(world.board->snapshot()->cache.care.preloaded == (enabled ? other.mine.size() : 0));
  }
}

TEST_CASE("a node that joins fetches what it owns now from those who had it, the hottest first, and only that") {
  two_nodes world{two_nodes::with_store{}, [](cache_options& cache) {
                    cache.preload.batch_keys = 1;
                    no_repairs(cache);
                  }};
  REQUIRE(world.link->lists.size() == 1);
  CHECK(world.link->lists[0].at == node_id{2});
  const auto& [first, second, foreign] = std::tie(world.mine[0], world.mine[1], world.theirs[0]);
  world.link->lists[0].done(
      std::vector<hot_key>{{world.key(foreign), 9}, {world.key(first), 8}, {world.key(second), 3}});
  world.step();
  REQUIRE(world.link->looks.size() == 1); // one batch at a time
  CHECK(world.link->looks[0].keys == std::vector{world.key(first)});
  world.link->looks[0].answer({{world.key(first), world.entry(first)}});
  world.settle();
  world.pass(100ms, 10ms);
  REQUIRE(world.link->looks.size() == 2);
  CHECK(world.link->looks[1].keys == std::vector{world.key(second)});
  world.link->looks[1].answer({{world.key(second), world.entry(second)}});
  world.settle();
  CHECK(world.care().preloaded == 2);
  CHECK(sources(world.submit({first})) == std::vector{source::memory});
  CHECK(world.store->entries.contains(world.key(second)));
  CHECK(world.link->gifts.empty()); // the other owner has them already
  world.tell({1, 2});
  CHECK(world.link->lists.size() == 1);
  world.tell({1});
  world.tell({1, 2}); // it was alone, and owned everything: others may know more
  CHECK(world.link->lists.size() == 2);
}

TEST_CASE("a member that fails while its hot keys are fetched is left alone") {
  two_nodes world{two_nodes::with_store{}, [](cache_options& cache) { cache.preload.batch_keys = 1; }};
  world.link->lists[0].done(std::vector<hot_key>{{world.key(world.mine[0]), 8}, {world.key(world.mine[1]), 3}});
  world.step();
  world.link->looks.at(0).done(failure{errc::unavailable, "gone"});
  world.pass(5s);
  CHECK(world.link->looks.size() == 1);
  CHECK(world.care().preloaded == 0);
}

TEST_CASE("a node that drains gives what is hot to the next owners, and says that it is idle when they have it") {
  two_nodes world{two_nodes::with_store{}, no_repairs};
  warm(world, {world.mine[0], world.mine[1]});
  for (; !world.link->gifts.empty(); world.link->gifts.pop_front())
    world.link->gifts.front().done(ok); // the second copies
  world.step();
  const auto drained = drain(world);
  world.settle();
  REQUIRE(world.link->gifts.size() == 1);
  const auto& gift = world.link->gifts[0];
  CHECK(gift.to == node_id{2});
  CHECK(gift.parcel.entries.size() == 2);
  REQUIRE(gift.parcel.uses.size() == 2); // for its memory, too
  CHECK(gift.parcel.uses[0] > 0);
  CHECK_FALSE(*drained);
  gift.done(ok);
  world.pass(200ms, 10ms);
  CHECK(*drained);
  CHECK(world.care().handed_over == 2);
}

TEST_CASE("draining does not wait for others for long, nor where there is nobody or nothing") {
  two_nodes world{two_nodes::with_store{}, no_repairs};
  SUBCASE("an owner that does not answer") {
    warm(world, {world.mine[0]});
    const auto drained = drain(world);
    world.settle();
    world.pass(4900ms);
    CHECK_FALSE(*drained);
    world.pass(200ms);
    CHECK(*drained);
  }
  SUBCASE("nobody") {
    warm(world, {world.mine[0]});
    world.tell({1});
    const auto drained = drain(world);
    world.settle();
    CHECK(*drained);
  }
  SUBCASE("nothing") {
    const auto drained = drain(world);
    world.settle();
    CHECK(*drained);
  }
  SUBCASE("a keeper that dies") {
    warm(world, {world.mine[0]});
    const auto drained = drain(world);
    world.kill(world.wiring()->cache_keeper);
    CHECK(*drained);
  }
}

TEST_CASE("what is handed over enters memory and store, and is copied on to its second owner") {
  two_nodes world{two_nodes::with_store{}, no_repairs};
  const auto& text = world.mine[0];
  std::optional<status> outcome;
  caf::anon_send(
      world.supervisor,
      std::make_shared<keep_ask>(keep_entries{.parcel = {.entries = {world.entry(text)}, .uses = {5}}, .copy_on = true},
                                 [&](status end) { outcome = std::move(end); }));
  world.settle();
  REQUIRE(outcome);
  CHECK(*outcome);
  CHECK(sources(world.submit({text})) == std::vector{source::memory});
  CHECK(world.store->entries.contains(world.key(text)));
  REQUIRE(world.link->gifts.size() == 1);
  CHECK(world.link->gifts[0].parcel.uses.empty());
}
