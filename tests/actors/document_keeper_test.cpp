#include "actors/document_keeper.hpp"
#include "tests/actors/cached_world.hpp"

#include <set>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// What came of a question, once it has been answered.
template <class T> using outcome_of = std::shared_ptr<std::optional<result<T>>>;

template <class T> errc code_of(const outcome_of<T>& outcome) {
  REQUIRE(outcome->has_value());
  return **outcome ? errc::none : (*outcome)->error().code;
}

template <class World> auto edit(World& world, document_edit change, context caller = {.tenant = "t"}) {
  auto out = std::make_shared<std::optional<result<document_state>>>();
  world.documents->edit(std::move(caller), std::move(change), [out](auto came) {
    CHECK_FALSE(out->has_value());
    *out = std::move(came);
  });
  world.settle();
  return out;
}

template <class World> auto read(World& world, std::string handle, context caller = {.tenant = "t"}) {
  auto out = std::make_shared<std::optional<result<document_text>>>();
  world.documents->read(std::move(caller), std::move(handle), [out](auto came) {
    CHECK_FALSE(out->has_value());
    *out = std::move(came);
  });
  world.settle();
  return out;
}

document_edit all(std::string text) {
  return {.handle = {}, .replaced = {}, .text = std::move(text)};
}

/// About 60 KB for 1 000 lines.
std::string lines(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i)
    out += "line " + std::to_string(i) + " " + std::string(static_cast<size_t>(i * 7919 % 90), 'a') + "\n";
  return out;
}

struct with_memory : cached_world {
  with_memory() { start(); }
};
struct with_disk : cached_world {
  with_disk() {
    give_store();
    start();
  }
};

/// Another node whose cache takes and finds entries as a real one does.
struct beside_another : two_nodes {
  beside_another() : two_nodes(two_nodes::with_store{}, [](cache_options& cache) { cache.replicas = false; }) {
    link->lists.clear();
  }
  /// Runs both nodes until neither has anything to do.
  void settle() {
    do {
      two_nodes::settle();
      for (; !link->gifts.empty(); link->gifts.pop_front()) {
        auto gift = std::move(link->gifts.front());
        if (silent) {
          gift.done(failure{errc::unavailable, "gone"});
          continue;
        }
        CHECK(gift.parcel.uses == std::vector<uint32_t>(gift.parcel.entries.size(), 1));
        for (auto& entry : gift.parcel.entries)
          theirs_kept[entry.key] = entry;
        gift.done(ok);
      }
      for (; !link->looks.empty(); link->looks.pop_front())
        if (silent)
          link->looks.front().done(failure{errc::unavailable, "gone"});
        else
          link->looks.front().answer(theirs_kept);
    } while (step_once());
    two_nodes::settle();
  }

  std::map<cache_key, stored_entry> theirs_kept;
  bool silent = false;
};

} // namespace

TEST_CASE_TEMPLATE("a document is made, read, appended to and edited", World, with_memory, with_disk) {
  World world;
  auto text = lines(0, 5'000);
  const auto made = edit(world, all(text));
  REQUIRE(code_of(made) == errc::none);
  const auto first = ***made;
  CHECK(first.bytes == text.size());
  CHECK(first.chunks_new == first.chunks);
  CHECK(first.chunks > 10);
  CHECK(****read(world, first.handle) == text);
  CHECK((**edit(world, all(text)))->chunks_new == 0);

  const auto appended = edit(world, {.handle = first.handle, .replaced = {}, .text = "The end.\n"});
  REQUIRE(code_of(appended) == errc::none);
  CHECK((**appended)->chunks_new == 1);
  CHECK(****read(world, (**appended)->handle) == text + "The end.\n");

  const auto edited =
      edit(world, {.handle = first.handle, .replaced = document_edit::span{1'000, 2'000}, .text = "Instead.\n"});
  REQUIRE(code_of(edited) == errc::none);
  CHECK((**edited)->chunks_new <= 3);
  const auto want = text.substr(0, 1'000) + "Instead.\n" + text.substr(2'000);
  CHECK(****read(world, (**edited)->handle) == want);
  CHECK((**edit(world, all(want)))->handle == (**edited)->handle);
  CHECK(****read(world, first.handle) == text); // the old one is there as well
}

TEST_CASE("documents outlive their keeper, and on a disk the caches, too") {
  with_disk world;
  const auto text = lines(0, 2'000);
  const auto made = edit(world, all(text));
  REQUIRE(code_of(made) == errc::none);
  world.kill(world.wiring()->documents);
  world.settle();
  CHECK(world.meter->restarted["documents"] == 1);
  CHECK(****read(world, (**made)->handle) == text);
  world.kill(world.wiring()->shards[0]);
  world.settle();
  CHECK(****read(world, (**made)->handle) == text);
}

TEST_CASE("what dies with the keeper is answered") {
  with_disk world;
  world.hold_tasks = true;
  const auto made = edit(world, all("A text."));
  CHECK_FALSE(made->has_value());
  world.kill(world.wiring()->documents);
  CHECK(code_of(made) == errc::unavailable);
  world.run_tasks();
  world.hold_tasks = false;
  world.settle();
  CHECK(code_of(edit(world, all("A text."))) == errc::none);
}

TEST_CASE("other tenants' and cleared documents are unknown, wrong edits are refused") {
  with_disk world;
  const auto made = edit(world, all("ab\u20ACcd"));
  REQUIRE(code_of(made) == errc::none);
  const auto& handle = (**made)->handle;
  CHECK(code_of(read(world, handle)) == errc::none);
  CHECK(code_of(read(world, std::string(64, 'a'))) == errc::unknown_handle);
  CHECK(code_of(read(world, handle, {.tenant = "u"})) == errc::unknown_handle);
  CHECK(code_of(edit(world, {.handle = handle, .replaced = document_edit::span{3, 5}, .text = ""})) ==
        errc::invalid_argument);
  CHECK(code_of(edit(world, {.handle = handle, .replaced = document_edit::span{0, 8}, .text = ""})) ==
        errc::invalid_argument);
  CHECK(code_of(edit(world, all("\xC3"))) == errc::invalid_utf8);
  CHECK(code_of(edit(world, all(std::string((16u << 20) + 1, 'x')))) == errc::text_too_large);
  caf::anon_send(world.supervisor, clear_atom_v, uint64_t{1});
  world.settle();
  CHECK(code_of(read(world, handle)) == errc::unknown_handle);
  CHECK(code_of(edit(world, all("ab\u20ACcd"))) == errc::none);
  CHECK(code_of(read(world, handle)) == errc::none);
}

TEST_CASE("what has been evicted is unknown, and comes back when the text is sent again") {
  with_disk world;
  const auto text = lines(0, 3'000);
  const auto made = edit(world, all(text));
  REQUIRE(code_of(made) == errc::none);
  for (auto& [key, entry] : world.store->entries)
    entry.body.resize(entry.body.size() - 1); // every chunk is damaged
  world.kill(world.wiring()->shards[0]);
  world.settle();
  CHECK(code_of(read(world, (**made)->handle)) == errc::unknown_handle);
  CHECK((**edit(world, all(text)))->chunks_new == (**made)->chunks);
  CHECK(****read(world, (**made)->handle) == text);
}

TEST_CASE("memory that is full takes new documents in place of old ones") {
  cached_world world;
  for (auto& [name, space] : world.options.cache.shard.spaces)
    if (name == "document")
      space = {.policy = policy_kind::lru, .l1_bytes_max = 500'000, .l2_bytes_max = 0, .recomputable = false};
  world.start();
  for (int i = 0; i < 20; ++i) {
    const auto text = lines(i * 3'000, i * 3'000 + 2'000); // about 110 KB
    const auto made = edit(world, all(text));
    REQUIRE(code_of(made) == errc::none);
    CHECK(****read(world, (**made)->handle) == text);
  }
}

TEST_CASE("no more documents than allowed are at work at once, and none longer than its deadline") {
  cached_world world;
  world.options.documents.operations_max = 2;
  world.start();
  world.hold_tasks = true;
  const auto soon = edit(world, all("one"), {.tenant = "t", .deadline = world.now() + 1s});
  const auto later = edit(world, all("two"));
  CHECK(code_of(edit(world, all("three"))) == errc::overloaded);
  world.pass(900ms);
  CHECK_FALSE(soon->has_value());
  world.pass(200ms);
  CHECK(code_of(soon) == errc::deadline_exceeded);
  CHECK(code_of(edit(world, all("three"), {.tenant = "t", .deadline = world.now()})) == errc::deadline_exceeded);
  CHECK_FALSE(later->has_value());
  world.pass(30s, 1s);
  CHECK(code_of(later) == errc::deadline_exceeded); // the node's own limit
  world.hold_tasks = false;
  world.run_tasks();
  world.settle();
  CHECK(code_of(edit(world, all("three"))) == errc::none);
}

TEST_CASE("a node that drains, stops or caches nothing says so") {
  SUBCASE("drains") {
    with_disk world;
    world.hold_tasks = true;
    const auto before = edit(world, all("one"));
    caf::anon_send(world.supervisor, drain_atom_v, std::make_shared<const std::function<void()>>([] {}));
    world.step();
    CHECK(code_of(edit(world, all("two"))) == errc::draining);
    CHECK(code_of(read(world, std::string(64, '0'))) == errc::draining);
    world.hold_tasks = false;
    world.run_tasks();
    world.settle();
    CHECK(code_of(before) == errc::none);
  }
  SUBCASE("stops") {
    with_disk world;
    world.hold_tasks = true;
    const auto before = edit(world, all("one"));
    caf::anon_send(world.supervisor, stop_atom_v);
    world.step();
    CHECK(code_of(before) == errc::draining);
    CHECK(code_of(edit(world, all("two"))) == errc::unavailable);
  }
  SUBCASE("caches nothing") {
    cached_world world;
    world.options.cache.enabled = false;
    world.start();
    const auto made = edit(world, all("one"));
    CHECK(code_of(made) == errc::unavailable);
    CHECK((*made)->error().message.find("switched off") != std::string::npos);
  }
}

TEST_CASE("chunks are kept by those who own their keys, and any node finds them there") {
  beside_another world;
  const auto text = lines(0, 20'000);
  const auto made = edit(world, all(text));
  REQUIRE(code_of(made) == errc::none);
  const placement owners({{node_id{1}, 100, "a"}, {node_id{2}, 100, "a"}});
  CHECK(world.theirs_kept.size() > 10);
  CHECK(world.store->entries.size() > 10);
  CHECK(world.theirs_kept.size() + world.store->entries.size() == (**made)->chunks + 1);
  for (const auto& [key, entry] : world.theirs_kept)
    CHECK(owners.first_owner(key) == node_id{2});
  for (const auto& [key, entry] : world.store->entries)
    CHECK(owners.first_owner(key) == node_id{1});
  CHECK(****read(world, (**made)->handle) == text);
  SUBCASE("what its owner lacks the second owner may have") {
    for (const auto& [key, entry] : world.store->entries)
      world.theirs_kept.insert({key, entry});
    world.store->entries.clear();
    world.kill(world.wiring()->shards[0]);
    world.settle();
    CHECK(****read(world, (**made)->handle) == text);
  }
  SUBCASE("a silent owner is no proof that a document is gone") {
    world.silent = true;
    CHECK(code_of(read(world, (**made)->handle)) == errc::unavailable);
    const auto again = edit(world, all(text)); // this node keeps what the other one does not take
    CHECK(code_of(again) == errc::none);
    CHECK(****read(world, (**made)->handle) == text);
  }
  SUBCASE("a node that was alone finds what it kept then") {
    world.tell({1});
    const auto alone = edit(world, all("kept here" + text));
    REQUIRE(code_of(alone) == errc::none);
    world.tell({1, 2});
    world.link->lists.clear();
    CHECK(****read(world, (**alone)->handle) == "kept here" + text);
  }
}
