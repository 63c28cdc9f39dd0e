#include "tests/actors/cached_world.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// All that other nodes were given so far, by key.
std::map<cache_key, stored_entry> given(const two_nodes& world) {
  std::map<cache_key, stored_entry> out;
  for (const auto& gift : world.link->gifts)
    for (const auto& entry : gift.parcel.entries)
      out[entry.key] = entry;
  return out;
}

} // namespace

TEST_CASE("what is written to the store goes to the key's other owner, too, and no call waits for it") {
  two_nodes world{two_nodes::with_store{}};
  auto outcome = world.submit({world.mine[0], world.mine[1]});
  while (!outcome->answered() && world.store->work())
    world.step();
  while (!world.link->looks.empty()) { // nothing was found in the store: the other owner is asked
    world.link->looks.front().answer({});
    world.link->looks.pop_front();
    world.settle();
  }
  REQUIRE(outcome->answered());
  REQUIRE(world.link->gifts.size() == 1);
  const auto& gift = world.link->gifts[0];
  CHECK(gift.to == node_id{2});
  CHECK(gift.parcel.uses.empty()); // for its disk alone
  CHECK(gift.parcel.entries.size() == 2);
  for (const auto& [key, entry] : given(world)) {
    REQUIRE(world.store->entries.contains(key));
    CHECK(world.store->entries.at(key).body == entry.body);
  }
  CHECK(world.care().replicas_waiting == 2);
  gift.done(ok);
  CHECK(world.care().replicas_sent == 2);
  CHECK(world.care().replicas_waiting == 0);
}

TEST_CASE("copies are bounded: what finds no room is dropped and counted, and calls go on") {
  two_nodes world{two_nodes::with_store{}, [](cache_options& cache) {
                    cache.replica = {.entries_max = 2};
                    cache.repair.trial_keys = 1;
                  }};
  world.submit({world.mine[0]});
  world.settle();
  world.link->looks.at(0).answer({});
  world.settle();
  for (int i = 0; i < 3; ++i) {
    auto outcome = world.submit({world.mine[0] + std::string(static_cast<size_t>(i + 1), '!')});
    for (const auto& asked : world.peers->asks)
      asked.end(failure{errc::draining, "not mine"});
    world.peers->asks.clear();
    world.settle();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::none);
  }
  CHECK(given(world).size() == 2);
  CHECK(world.care().replicas_dropped == 2);
}

TEST_CASE("a second owner that cannot be reached is tried again, and its successor gets what still waits") {
  two_nodes world{two_nodes::with_store{}, [](cache_options& cache) { cache.repair.trial_keys = 1; }};
  world.submit({world.mine[0]});
  world.settle();
  world.link->looks.at(0).answer({});
  world.settle();
  REQUIRE(world.link->gifts.size() == 1);
  world.link->gifts[0].done(failure{errc::unavailable, "gone"});
  world.step();
  CHECK(world.link->gifts.size() == 1);
  SUBCASE("again") {
    world.pass(1100ms);
    REQUIRE(world.link->gifts.size() == 2);
    CHECK(world.link->gifts[1].to == node_id{2});
  }
  SUBCASE("its successor") {
    world.tell({1, 3});
    REQUIRE(world.link->gifts.size() == 2);
    CHECK(world.link->gifts[1].to == node_id{3});
    CHECK(world.link->gifts[1].parcel.entries.size() == 1);
  }
  SUBCASE("nobody") {
    world.tell({1});
    world.pass(5s);
    CHECK(world.link->gifts.size() == 1);
    CHECK(world.care().replicas_waiting == 0);
  }
}

TEST_CASE("copies of other nodes go to the store alone; what is too old is left out") {
  two_nodes world{two_nodes::with_store{}};
  caf::anon_send(world.supervisor, clear_atom_v, uint64_t{3});
  world.settle();
  auto good = world.entry("good");
  good.generation = 3;
  auto expired = good;
  expired.key = {1, 1};
  expired.expires_in = 0ms;
  auto old = world.entry("old");
  std::optional<status> outcome;
  caf::anon_send(world.supervisor,
                 std::make_shared<keep_ask>(keep_entries{.parcel = {.entries = {good, expired, old}, .uses = {}}},
                                            [&](status end) { outcome = std::move(end); }));
  world.step();
  CHECK_FALSE(outcome); // the store has not said so yet
  world.settle();
  REQUIRE(outcome);
  CHECK(*outcome);
  CHECK(world.store->entries.size() == 1);
  CHECK(world.store->entries.contains(good.key));
  CHECK(world.board->snapshot()->cache.memory.entries == 0);
  CHECK(world.care().replicas_kept == 1);
  CHECK(world.link->gifts.empty()); // a copy is not copied
}

TEST_CASE("a copy that the store refuses is refused, as where there is no store; without a cache it is unavailable") {
  std::optional<status> outcome;
  const auto keep = [&](actor_world& world, const stored_entry& entry) {
    caf::anon_send(world.supervisor,
                   std::make_shared<keep_ask>(keep_entries{.parcel = {.entries = {entry}, .uses = {}}},
                                              [&](status end) { outcome = std::move(end); }));
    world.step();
  };
  two_nodes broken{two_nodes::with_store{}};
  broken.store->broken = true;
  keep(broken, broken.entry("a"));
  broken.settle();
  CHECK(outcome->error().code == errc::storage_full);
  two_nodes memory_only;
  keep(memory_only, memory_only.entry("a"));
  CHECK(outcome->error().code == errc::storage_failed);
  actor_world none;
  none.start();
  keep(none, memory_only.entry("a"));
  CHECK(outcome->error().code == errc::unavailable);
}

TEST_CASE("what the first owner had is in the store of the one that comes after it") {
  two_nodes world{two_nodes::with_store{}};
  const auto& text = world.theirs[0];
  caf::anon_send(world.supervisor,
                 std::make_shared<keep_ask>(keep_entries{.parcel = {.entries = {world.entry(text)}, .uses = {}}},
                                            [](const status&) {}));
  world.settle();
  world.tell({1}); // the first owner has died
  auto outcome = world.submit({text});
  world.settle();
  REQUIRE(outcome->answered());
  CHECK(sources(outcome) == std::vector{source::store});
  CHECK(outcome->reply().items[0].values[0] == 9);
  CHECK(world.all_computed() == 0);
}

TEST_CASE("what a store has lost comes back from the key's other owner instead of being computed") {
  two_nodes world{two_nodes::with_store{}};
  const auto& text = world.mine[0];
  auto outcome = world.submit({text, world.mine[1]});
  world.settle();
  CHECK_FALSE(outcome->answered());
  REQUIRE(world.link->looks.size() == 1);
  CHECK(world.link->looks[0].at == node_id{2});
  CHECK(world.link->looks[0].keys.size() == 2);
  world.link->looks[0].answer({{world.key(text), world.entry(text)}});
  world.settle();
  REQUIRE(outcome->answered());
  CHECK(sources(outcome) == std::vector{source::store, source::computed});
  CHECK(outcome->reply().items[0].values[0] == 9);
  CHECK(world.all_computed() == 1);
  CHECK(world.store->entries.contains(world.key(text))); // the store has it again
  CHECK(sources(world.submit({text})) == std::vector{source::memory});
  const auto care = world.care();
  CHECK(care.repairs_asked == 2);
  CHECK(care.repairs_found == 1);
  for (const auto& gift : world.link->gifts)
    for (const auto& entry : gift.parcel.entries)
      CHECK(entry.key != world.key(text)); // the other owner has it
}

TEST_CASE(
    "an owner that does not answer, answers nonsense or finds nothing costs one look, then the text is computed") {
  for (int what = 0; what < 3; ++what) {
    CAPTURE(what);
    two_nodes world{two_nodes::with_store{}, [](cache_options& cache) { cache.repair.trial_keys = 1; }};
    auto outcome = world.submit({world.mine[0]});
    world.settle();
    const auto& look = world.link->looks.at(0);
    if (what == 0)
      look.done(failure{errc::deadline_exceeded, "late"});
    else if (what == 1)
      look.answer({{world.key(world.mine[0]), world.entry("another text")}});
    else
      look.answer({});
    world.settle();
    REQUIRE(outcome->answered());
    CHECK(sources(outcome) == std::vector{source::computed});
    world.submit({world.mine[1]});
    world.settle();
    CHECK(world.link->looks.size() == 1); // it does not pay: not asked again
  }
}

TEST_CASE("a store that is found damaged is refilled from the other owner, however little that had before") {
  two_nodes world{two_nodes::with_store{}, [](cache_options& cache) { cache.repair.trial_keys = 1; }};
  world.submit({world.mine[0]});
  world.settle();
  world.link->looks.at(0).answer({});
  world.settle();
  world.store->entries.clear();
  world.store->damaged = 1;
  world.pass(1500ms);
  auto outcome = world.submit({world.mine[1]});
  world.settle();
  REQUIRE(world.link->looks.size() == 2);
  world.link->looks[1].answer({{world.key(world.mine[1]), world.entry(world.mine[1])}});
  world.settle();
  CHECK(sources(outcome) == std::vector{source::store});
}

TEST_CASE("a leader that goes while the other owner is asked hands over") {
  two_nodes world{two_nodes::with_store{}};
  auto [leader, led] = make_call({world.mine[0]});
  world.entrance->submit(leader);
  world.settle();
  auto follower = world.submit({world.mine[0]});
  REQUIRE(world.link->looks.size() == 1);
  leader->cancel();
  leader.reset();
  world.pass(300ms);
  world.settle();
  REQUIRE(follower->answered());
  CHECK(follower->code() == errc::none);
  world.link->looks[0].answer({});
  world.settle();
  CHECK(world.all_computed() == 1);
}

TEST_CASE("other nodes find what memory and the store have; a look changes nothing") {
  two_nodes world{two_nodes::with_store{}};
  world.store->entries[world.key("stored")] = world.entry("stored");
  world.submit({world.mine[0]});
  world.settle();
  world.link->looks.at(0).answer({});
  world.settle();
  world.store->entries.erase(world.key(world.mine[0]));
  const auto before = world.board->snapshot()->cache.memory;
  std::optional<result<found_entries>> found;
  caf::anon_send(world.supervisor, std::make_shared<find_ask>(
                                       std::vector{world.key("stored"), world.key("absent"), world.key(world.mine[0])},
                                       [&](result<found_entries> all) { found = std::move(all); }));
  world.settle();
  REQUIRE(found);
  REQUIRE(*found);
  const auto& all = **found;
  REQUIRE(all.size() == 3);
  REQUIRE(all[0]);
  CHECK(all[0]->place == entry_place::store);
  CHECK_FALSE(all[1]);
  REQUIRE(all[2]);
  CHECK(all[2]->place == entry_place::memory);
  CHECK(all[2]->entry.kind == world.kind->bytes());
  CHECK(world.board->snapshot()->cache.memory.hits == before.hits);
}
