#include "runtime/settings/settings_effects.hpp"
#include "runtime/settings/settings_session.hpp"
#include "runtime/settings/settings_values.hpp"
#include "tests/runtime/settings/settings_world.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;
using namespace weft::test;

namespace {

/// One whole exchange; how many questions it took.
size_t exchange(shared_settings& asker, shared_settings& other, size_t bytes_max = 1 << 18) {
  settings_session session{bytes_max};
  size_t questions = 0;
  for (std::optional<settings_question> ask = session.first(asker); ask; ++questions) {
    REQUIRE(questions < 5'000);
    ask = session.next(asker, answer_settings(other, *ask, bytes_max));
  }
  return questions;
}

shared_settings with(const std::vector<settings_entry>& entries, bool stale = false) {
  shared_settings out{.map = settings_map{}, .stale = stale};
  out.map.merge(entries);
  return out;
}

} // namespace

TEST_CASE("two nodes are equal after one exchange, whatever they knew and however small the messages are") {
  for (size_t bytes_max : {1u, 100u, 500u, 1u << 18}) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      CAPTURE(bytes_max);
      CAPTURE(seed);
      std::mt19937_64 random{seed};
      auto a = with(random_entries(random, random() % 30));
      auto b = with(random_entries(random, random() % 30));
      exchange(a, b, bytes_max);
      if (bytes_max < 1u << 18)
        exchange(a, b, bytes_max); // what did not fit beside the rest comes with the next
      for (int again = 0; again < 40 && summary_of(a.map) != summary_of(b.map); ++again)
        exchange(b, a, bytes_max);
      CHECK(all_entries(a.map) == all_entries(b.map));
      CHECK(exchange(a, b, bytes_max) == 1);
    }
  }
}

TEST_CASE("a node that was away for too long takes the others' settings, so that nothing removed comes back") {
  auto old = with({entry("a", "1", 1), entry("gone", "x", 1)}, true);
  auto fresh = with({entry("a", "2", 2)}); // the tombstone of `gone` has been forgotten
  SUBCASE("when it asks") {
    exchange(old, fresh);
  }
  SUBCASE("when it was asked before") {
    exchange(fresh, old);
    CHECK(fresh.map.find("gone") == nullptr);
    exchange(old, fresh);
  }
  CHECK_FALSE(old.stale);
  CHECK(all_entries(old.map) == all_entries(fresh.map));
  CHECK(old.map.find("gone") == nullptr);
}

TEST_CASE("where all were away for too long nothing is lost") {
  auto a = with({entry("a", "1", 1)}, true);
  auto b = with({entry("b", "1", 1)}, true);
  auto blank = with({});
  exchange(a, blank);
  CHECK(a.map.find("a") != nullptr);
  exchange(a, b);
  exchange(blank, b);
  CHECK(blank.stale); // what it knows it has from one who may know too much
  CHECK(all_entries(a.map) == all_entries(b.map));
  CHECK(all_entries(blank.map) == all_entries(b.map));
}

TEST_CASE("a peer that answers nothing of use ends the exchange") {
  auto a = with({entry("a", "1", 1)});
  settings_session session{1'000};
  (void)session.first(a);
  REQUIRE(session.next(a, {.summary = {1, 1}, .delta = {}}));
  CHECK_FALSE(session.next(a, {.summary = {1, 1}, .delta = {}}));
}

TEST_CASE("what the settings mean is read from the map, and what is not set stays open") {
  settings_map map;
  CHECK(effects_of(map) == settings_effects{});
  REQUIRE(change_setting(map, "tenant.b", "suspended", node_id{1}, noon));
  REQUIRE(change_setting(map, "tenant.a", "suspended", node_id{1}, noon));
  REQUIRE(change_setting(map, "tenant.c", "active", node_id{1}, noon));
  REQUIRE(change_setting(map, "cache.scope.embed", "shared", node_id{1}, noon));
  REQUIRE(change_setting(map, "api_key.web", "client:" + std::string(64, 'a'), node_id{1}, noon));
  REQUIRE(raise_cache_generation(map, node_id{1}, noon));
  const auto effects = effects_of(map);
  CHECK(effects.suspended("a"));
  CHECK(effects.suspended("b"));
  CHECK_FALSE(effects.suspended("c"));
  CHECK_FALSE(effects.suspended("d"));
  CHECK(effects.embed_shared == true);
  CHECK(effects.cache_generation == 1);
  REQUIRE(effects.api_keys.size() == 1);
  CHECK(effects.api_keys[0].name == "web");
}
