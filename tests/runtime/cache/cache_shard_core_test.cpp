#include "tests/runtime/cache/cache_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

const cache_hit* hit_of(const cache_answer& answer) {
  return std::get_if<cache_hit>(&answer);
}

/// Room for this many entries of vector_value(·, 8) with short texts in a level.
constexpr uint64_t l1_room(uint64_t entries) {
  return entries * 420;
}

void put(cache_shard_core& core, const std::string& text, float first, time_point now = cache_start) {
  core.put(what(text), key_of(what(text)), vector_value(first), now);
}

cache_answer get(cache_shard_core& core, const std::string& text, time_point now = cache_start) {
  return core.get(what(text), key_of(what(text)), now);
}

/// What the store would hold after the core's writes.
std::map<cache_key, stored_entry> drain(cache_shard_core& core, time_point now = cache_start) {
  std::map<cache_key, stored_entry> store;
  while (core.has_writes())
    for (auto& e : core.take_writes(1'000, now))
      store[e.key] = e;
  return store;
}

} // namespace

TEST_CASE("a hit in L1 is the value that was put, not a copy of it") {
  cache_shard_core core{one_space({})};
  const auto value = vector_value(7);
  core.put(what("a"), key_of(what("a")), value, cache_start);
  const auto answer = get(core, "a");
  REQUIRE(hit_of(answer));
  CHECK(hit_of(answer)->level == cache_level::l1);
  CHECK(hit_of(answer)->value.as_embedding() == value.as_embedding());
}

TEST_CASE("a forced collision of keys never gives another text's vector") {
  const cache_key forced{1, 1};
  for (uint64_t l1 : {uint64_t{1} << 20, uint64_t{0}}) { // in L1, in L2
    CAPTURE(l1);
    cache_shard_core core{one_space({.l1_bytes_max = l1})};
    core.put(what("yes"), forced, vector_value(1), cache_start);
    auto store = drain(core);
    CHECK(hit_of(core.get(what("yes"), forced, cache_start)));
    CHECK(!hit_of(core.get(what("no"), forced, cache_start)));
    CHECK(!hit_of(core.get(what("yes", embed_kind(0, "another tenant")), forced, cache_start)));
    CHECK(core.counters().collisions == 2);
    // Nor from the store.
    CHECK(!hit_of(core.resume(what("no"), forced, store.at(forced), cache_start)));
    CHECK(!hit_of(core.resume(what("yes", embed_kind(0, "t")), forced, store.at(forced), cache_start)));
    CHECK(core.counters().collisions == 4);
    // The later one takes the key; the earlier is a miss, not a mistake.
    core.put(what("no"), forced, vector_value(2), cache_start);
    CHECK(!hit_of(core.get(what("yes"), forced, cache_start)));
    const auto answer = core.get(what("no"), forced, cache_start);
    REQUIRE(hit_of(answer));
    CHECK(first_of(hit_of(answer)->value) == 2);
  }
}

TEST_CASE("evictions move down, hits move up, and no entry is lost on the way") {
  cache_shard_core core{one_space({.policy = policy_kind::lru, .l1_bytes_max = l1_room(4), .l2_bytes_max = 1 << 20})};
  for (int i = 0; i < 40; ++i)
    put(core, "text " + std::to_string(i), static_cast<float>(i));
  auto counted = core.counters();
  CHECK(counted[cache_level::l1].evictions + counted[cache_level::l1].entries == 40);
  CHECK(counted[cache_level::l2].entries == counted[cache_level::l1].evictions);
  auto answer = get(core, "text 0");
  REQUIRE(hit_of(answer));
  CHECK(hit_of(answer)->level == cache_level::l2);
  CHECK(first_of(hit_of(answer)->value) == 0);
  answer = get(core, "text 0");
  REQUIRE(hit_of(answer));
  CHECK(hit_of(answer)->level == cache_level::l1);
  counted = core.counters();
  CHECK(counted[cache_level::l1].entries + counted[cache_level::l2].entries == 40);
}

TEST_CASE("what leaves memory goes to the store once, and comes back from it to L1") {
  for (auto mode : {store_mode::on_put, store_mode::on_eviction}) {
    CAPTURE(static_cast<int>(mode));
    cache_shard_core core{
        one_space({.policy = policy_kind::lru, .l1_bytes_max = l1_room(3), .l2_bytes_max = l1_room(3), .store = mode})};
    for (int i = 0; i < 30; ++i)
      put(core, "text " + std::to_string(i), static_cast<float>(i));
    auto store = drain(core);
    CHECK(store.size() >= (mode == store_mode::on_put ? 30U : 10U));
    CHECK(core.counters().writes == store.size());
    CHECK(std::holds_alternative<look_in_store>(get(core, "text 0")));
    const auto key = key_of(what("text 0"));
    const auto answer = core.resume(what("text 0"), key, store.at(key), cache_start);
    REQUIRE(hit_of(answer));
    CHECK(hit_of(answer)->level == cache_level::l3);
    CHECK(first_of(hit_of(answer)->value) == 0);
    CHECK(hit_of(get(core, "text 0"))->level == cache_level::l1);
    drain(core);
    const auto writes = core.counters().writes;
    for (int i = 40; i < 60; ++i)
      put(core, "text " + std::to_string(i), static_cast<float>(i));
    CHECK(!drain(core).contains(key)); // it left memory again, and the store has it already
    CHECK(core.counters().writes > writes);
  }
}

TEST_CASE("budgets of both levels hold after every step, for every policy") {
  for (auto policy : policy_kinds) {
    CAPTURE(to_string(policy));
    cache_shard_core core{one_space({.policy = policy, .l1_bytes_max = 9'000, .l2_bytes_max = 5'000, .lifetime = 1h})};
    for (int i = 0; i < 2'000; ++i) {
      const auto text = std::string(static_cast<size_t>(i * 37 % 400), 'a') + std::to_string(i * i % 97);
      const auto now = cache_start + i * 1s;
      if (!hit_of(get(core, text, now)))
        core.put(what(text), key_of(what(text)), vector_value(1, static_cast<size_t>(i % 50)), now);
      const auto counted = core.counters();
      REQUIRE(counted[cache_level::l1].bytes <= 9'000);
      REQUIRE(counted[cache_level::l2].bytes <= 5'000);
    }
  }
}

TEST_CASE("an entry is served until its lifetime has passed, not after, wherever it is") {
  for (uint64_t l1 : {uint64_t{1} << 20, uint64_t{0}}) {
    CAPTURE(l1);
    cache_shard_core core{one_space({.l1_bytes_max = l1, .lifetime = 10s})};
    put(core, "a", 1);
    const auto stored = drain(core, cache_start + 1s).begin()->second;
    CHECK(stored.expires_in == 9s);
    CHECK(hit_of(get(core, "a", cache_start + 9'999ms)));
    CHECK(!hit_of(get(core, "a", cache_start + 10s)));
    // From the store with what is left: it is not young again.
    CHECK(hit_of(core.resume(what("a"), key_of(what("a")), stored, cache_start + 1s)));
    CHECK(!hit_of(get(core, "a", cache_start + 10s)));
    auto expired = stored;
    expired.expires_in = 0ms;
    CHECK(!hit_of(core.resume(what("a"), key_of(what("a")), expired, cache_start)));
  }
}

TEST_CASE("ticks remove what has expired, though nobody asks for it") {
  cache_shard_core core{one_space({.policy = policy_kind::lru, .l1_bytes_max = l1_room(10), .lifetime = 10s})};
  for (int i = 0; i < 50; ++i)
    put(core, std::to_string(i), 1);
  core.tick(cache_start + 9s);
  auto counted = core.counters();
  CHECK(counted[cache_level::l1].entries + counted[cache_level::l2].entries == 50);
  core.tick(cache_start + 10s);
  counted = core.counters();
  CHECK(counted[cache_level::l1].entries + counted[cache_level::l2].entries == 0);
  CHECK(counted[cache_level::l1].bytes + counted[cache_level::l2].bytes == 0);
}

TEST_CASE("a cleared generation is never served again: not from memory, not from the store, not to late writers") {
  cache_shard_core core{one_space({})};
  const auto old = what("a", embed_kind(1));
  const auto key = key_of(old);
  core.put(old, key, vector_value(1), cache_start);
  const auto stored = drain(core).at(key);
  core.put(old, key, vector_value(1), cache_start);
  core.clear(2);
  CHECK(!core.has_writes());
  CHECK(std::holds_alternative<cache_miss>(core.get(old, key, cache_start)));
  CHECK(!hit_of(core.resume(old, key, stored, cache_start)));
  CHECK(!core.preload(stored, 5, true, cache_start));
  core.put(old, key, vector_value(1), cache_start);
  CHECK(core.counters()[cache_level::l1].entries == 0);
  core.clear(1);
  CHECK(core.generation() == 2);
  const auto current = what("a", embed_kind(2));
  core.put(current, key_of(current), vector_value(2), cache_start);
  CHECK(hit_of(core.get(current, key_of(current), cache_start)));
}

TEST_CASE("operations have their own spaces; those without one are not cached") {
  cache_shard_core core{{.spaces = {{"embed", {}}, {"compress", {.store = store_mode::never}}}}};
  const auto kind_of = [](const char* operation) {
    return std::make_shared<const result_kind>(result_kind_parts{.operation = operation});
  };
  for (auto [operation, cached, stored] :
       {std::tuple{"embed", true, true}, {"compress", true, false}, {"other", false, false}}) {
    CAPTURE(operation);
    const auto asked = what("a", kind_of(operation));
    const auto first = core.get(asked, key_of(asked), cache_start);
    CHECK(std::holds_alternative<look_in_store>(first) == stored);
    core.put(asked, key_of(asked), bytes_value("x"), cache_start);
    CHECK((hit_of(core.get(asked, key_of(asked), cache_start)) != nullptr) == cached);
    CHECK(core.has_writes() == stored);
    drain(core);
  }
}

TEST_CASE("a full write queue drops writes, not values, and says so") {
  auto options = one_space({.policy = policy_kind::lru, .l1_bytes_max = l1_room(4), .l2_bytes_max = 0});
  options.writes_bytes_max = 300;
  cache_shard_core core{options};
  for (int i = 0; i < 4; ++i)
    put(core, std::to_string(i), static_cast<float>(i));
  CHECK(core.counters().writes_dropped > 0);
  for (int i = 0; i < 4; ++i)
    CHECK(hit_of(get(core, std::to_string(i))));
  drain(core);
  for (int i = 10; i < 14; ++i) { // what was not written goes down when it leaves memory
    put(core, std::to_string(i), 0);
    for (const auto& [key, entry] : drain(core))
      CHECK(entry.kind == embed_kind()->bytes());
  }
  CHECK(core.counters().writes == 8);
}

TEST_CASE("the hottest keys are those asked for most, within a budget, and warm a core that starts empty") {
  cache_shard_core before{one_space({})};
  for (int i = 0; i < 100; ++i)
    put(before, std::to_string(i), static_cast<float>(i));
  for (int i = 0; i < 10; ++i)
    for (int times = 0; times <= i; ++times)
      CHECK(hit_of(get(before, std::to_string(i))));
  auto store = drain(before);
  const auto hot = before.hottest(5, 1 << 20);
  REQUIRE(hot.size() == 5);
  CHECK(hot[0].key == key_of(what("9")));
  CHECK(std::is_sorted(hot.begin(), hot.end(), [](auto& a, auto& b) { return a.uses > b.uses; }));
  CHECK(before.hottest(5, l1_room(2)).size() == 2);

  cache_shard_core after{one_space({})};
  for (const auto& h : hot)
    CHECK(after.preload(store.at(h.key), h.uses, true, cache_start));
  CHECK(!after.preload(store.at(hot[0].key), 1, true, cache_start)); // there already
  CHECK(hit_of(get(after, "9"))->level == cache_level::l1);
  CHECK(after.counters().preloaded == 5);
  CHECK(after.counters().preloaded_used == 1);
  CHECK(after.hottest(1, 1 << 20).at(0).key == key_of(what("9")));
  CHECK(!after.has_writes());
}

TEST_CASE("preloading leaves room for present requests, and is not fooled by entries of other keys") {
  cache_shard_core source{one_space({})}, target{one_space({.l1_bytes_max = l1_room(8)})};
  for (int i = 0; i < 20; ++i)
    put(source, std::to_string(i), 1);
  int taken = 0;
  for (const auto& [key, entry] : drain(source))
    taken += target.preload(entry, 3, false, cache_start);
  CHECK(taken >= 5);
  CHECK(taken < 20);
  CHECK(target.counters()[cache_level::l1].bytes < l1_room(8));
  CHECK(target.counters()[cache_level::l1].evictions == 0);
  CHECK(target.has_writes()); // they came from a peer: this node's store does not have them
  put(source, "x", 1);
  auto wrong = drain(source).begin()->second;
  wrong.key.low ^= 1;
  cache_shard_core empty{one_space({})};
  CHECK(!empty.preload(wrong, 1, false, cache_start));
  wrong.kind = "nonsense";
  CHECK(!empty.preload(wrong, 1, false, cache_start));
}

TEST_CASE("what nobody can compute again enters memory however full that is, and takes the place of the oldest") {
  cache_shard_core source{one_space({})};
  cache_shard_core target{one_space({.policy = policy_kind::lru, .l1_bytes_max = l1_room(8), .recomputable = false})};
  cache_key last;
  for (int i = 0; i < 20; ++i) {
    put(source, std::to_string(i), 1);
    last = key_of(what(std::to_string(i)));
    CHECK(target.preload(drain(source).at(last), 1, true, cache_start));
  }
  CHECK(target.counters()[cache_level::l1].evictions > 0);
  CHECK(target.peek(last, cache_start));
}

TEST_CASE("a damaged or foreign answer of the store is a miss") {
  cache_shard_core core{one_space({})};
  put(core, "a", 1);
  auto stored = drain(core).begin()->second;
  stored.body.resize(stored.body.size() / 2);
  CHECK(std::holds_alternative<cache_miss>(core.resume(what("a"), stored.key, stored, cache_start)));
  CHECK(core.counters().damaged == 1);
  CHECK(std::holds_alternative<cache_miss>(core.resume(what("a"), stored.key, std::nullopt, cache_start)));
  CHECK(core.counters()[cache_level::l3].misses == 2);
}

TEST_CASE("a look without a request tells what is there, where and how old, and leaves no trace") {
  cache_shard_core core{one_space({.l1_bytes_max = l1_room(1), .lifetime = 1h})};
  put(core, "a", 1);
  put(core, "b", 2, cache_start + 1min); // "a" or "b" moves down
  const auto now = cache_start + 10min;
  int places[2] = {0, 0};
  for (const auto& text : {"a", "b"}) {
    const auto found = core.peek(key_of(what(text)), now);
    REQUIRE(found);
    ++places[static_cast<int>(found->place)];
    CHECK(*found->age == (std::string{text} == "a" ? 10min : 9min));
    CHECK(*found->entry.expires_in == 1h - *found->age);
    CHECK(found->entry.kind == embed_kind()->bytes());
  }
  CHECK(places[0] == 1);
  CHECK(places[1] == 1);
  CHECK(core.counters()[cache_level::l1].hits + core.counters()[cache_level::l1].misses == 0);
  CHECK_FALSE(core.peek(key_of(what("c")), now));
  CHECK_FALSE(core.peek(key_of(what("a")), cache_start + 1h));
  core.clear(1);
  CHECK_FALSE(core.peek(key_of(what("b")), now));
}

TEST_CASE("an entry of the store is described as long as it may be served") {
  cache_shard_core core{one_space({.lifetime = 1h})};
  put(core, "a", 1);
  auto stored = drain(core).begin()->second;
  CHECK(*core.describe(stored, cache_start)->age == 0ms);
  stored.expires_in = 15min;
  CHECK(*core.describe(stored, cache_start)->age == 45min);
  CHECK(core.describe(stored, cache_start)->place == entry_place::store);
  stored.expires_in = 0ms;
  CHECK_FALSE(core.describe(stored, cache_start));
  stored.expires_in = std::nullopt;
  CHECK_FALSE(core.describe(stored, cache_start)->age);
  core.clear(1);
  CHECK_FALSE(core.describe(stored, cache_start));
}

TEST_CASE("what another node had is served when it is what was asked for, and not written as if it were new") {
  cache_shard_core from{one_space({})};
  put(from, "a", 1);
  const auto copy = drain(from).begin()->second;
  cache_shard_core core{one_space({})};
  const auto value = core.repair(what("a"), copy.key, copy, cache_start);
  REQUIRE(value);
  CHECK(first_of(*value) == 1);
  CHECK(hit_of(get(core, "a")));
  CHECK_FALSE(core.has_writes());
  CHECK_FALSE(core.repair(what("b"), copy.key, copy, cache_start)); // a collision
  CHECK_FALSE(core.repair(what("a", embed_kind(0, "other")), copy.key, copy, cache_start));
  auto spoilt = copy;
  spoilt.body[spoilt.body.size() / 2] ^= 1;
  spoilt.body.resize(4);
  CHECK_FALSE(core.repair(what("a"), copy.key, spoilt, cache_start));
  core.clear(1);
  CHECK_FALSE(core.repair(what("a"), copy.key, copy, cache_start));
}
