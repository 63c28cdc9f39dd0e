#include "runtime/settings/settings_keys.hpp"
#include "runtime/settings/settings_values.hpp"
#include "tests/runtime/settings/settings_world.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;
using namespace weft::test;

namespace {

const std::string hash(64, 'a');

} // namespace

TEST_CASE("each rule takes what it says and nothing else") {
  struct row {
    std::string key, value;
    bool valid;
  };
  for (const auto& [key, value, valid] : {
           row{"cache.generation", "5", false}, // `weft cache clear` raises it
           row{"cache.scope.embed", "shared", true},
           row{"cache.scope.embed", "all", false},
           row{"cache.scope.", "shared", false},
           row{"cache.scope.nope", "shared", false},
           row{"tenant.acme.eu", "suspended", true},
           row{"tenant.a@b", "suspended", false},
           row{"api_key.ci", "client:" + hash + ":acme.eu", true},
           row{"api_key.ci", "client:" + hash + ":a@b", false},
           row{"tenant.acme", "suspended", true},
           row{"tenant.acme", "gone", false},
           row{"tenant.a b", "active", false},
           row{"tenant." + std::string(64, 'x'), "active", true},
           row{"tenant." + std::string(65, 'x'), "active", false},
           row{"api_key.ci", "client:" + hash, true},
           row{"api_key.ci", "operator:" + hash + ":acme", true},
           row{"api_key.ci", "root:" + hash, false},
           row{"api_key.ci", "client:" + hash.substr(1), false},
           row{"api_key.ci", "client:" + hash + ":", false},
           row{"api_key.ci", "client", false},
           row{"api_key.ci", "weft_secret", false},
           row{"", "x", false},
       }) {
    CAPTURE(key);
    CAPTURE(value);
    const auto got = check_setting(key, value);
    CHECK(static_cast<bool>(got) == valid);
    if (!got)
      CHECK(got.error().code == errc::invalid_argument);
  }
}

TEST_CASE("every rule has a check, a meaning and a pattern of its own") {
  for (const auto& rule : setting_rules()) {
    CAPTURE(rule.pattern);
    CHECK(static_cast<bool>(rule.valid) != rule.counter);
    CHECK(rule.meaning.ends_with('.'));
    const std::string key = rule.pattern.ends_with('*')
                                ? std::string{rule.pattern.substr(0, rule.pattern.size() - 1)} + "x"
                                : std::string{rule.pattern};
    CHECK(find_setting_rule(key) == &rule);
  }
}

TEST_CASE("a wrong key is answered with the nearest right one") {
  struct row {
    const char *wrong, *want;
  };
  for (auto [wrong, want] : {row{"cache.generaton", "cache.generation"}, row{"tenent.acme", "tenant.acme"},
                             row{"tenent.acme.eu", "tenant.acme.eu"}, row{"apikey.ci", "api_key.ci"},
                             row{"cache.scop.embed", "cache.scope.embed"}, row{"zzzzzz", ""}}) {
    CAPTURE(wrong);
    CHECK(nearest_setting(wrong) == want);
    const auto got = check_setting(wrong, "x");
    REQUIRE(!got);
    CHECK((got.error().message.find("did you mean") != std::string::npos) == (*want != '\0'));
  }
}

TEST_CASE("the cache's generation only rises, and a merge takes the higher one") {
  settings_map a, b;
  CHECK(cache_generation(a) == 0);
  CHECK(*raise_cache_generation(a, node_id{1}, noon) == 1);
  CHECK(*raise_cache_generation(a, node_id{1}, noon) == 2);
  CHECK(a.find("cache.generation")->value == "2");
  const auto set = change_setting(a, "cache.generation", "4611686018427387904", node_id{1}, noon);
  REQUIRE_FALSE(set);
  CHECK(set.error().code == errc::invalid_argument);
  CHECK(set.error().message == "cache.generation cannot be set: `weft cache clear` raises it");
  CHECK(remove_setting(a, "cache.generation", node_id{1}, noon).error().code == errc::invalid_argument);
  for (int i = 0; i < 40; ++i)
    REQUIRE(raise_cache_generation(b, node_id{2}, noon));
  push_pull(a, b);
  CHECK(cache_generation(a) == 40);
  CHECK(cache_generation(b) == 40);
  CHECK(*raise_cache_generation(a, node_id{1}, noon) == 41);
}

TEST_CASE("a generation from far above is refused: those to come keep their room") {
  settings_map map;
  REQUIRE(raise_cache_generation(map, node_id{1}, noon));
  for (const uint64_t number : {settings_number_max, 2 + settings_jump_max}) {
    CAPTURE(number);
    const auto got = map.merge({entry("cache.generation", std::to_string(number), number)});
    CHECK(got.refused == 1);
    CHECK(got.problem.find("far above 1") != std::string::npos);
    CHECK(cache_generation(map) == 1);
  }
  const auto near = 1 + settings_jump_max;
  CHECK(map.merge({entry("cache.generation", std::to_string(near), near)}).refused == 0);
  CHECK(*raise_cache_generation(map, node_id{1}, noon) == near + 1);
}

TEST_CASE("a scope for an operation that does not exist is answered with the nearest one that does") {
  const auto got = check_setting("cache.scope.embd", "shared");
  REQUIRE_FALSE(got);
  CHECK(got.error().message == "there is no operation 'embd'; did you mean 'cache.scope.embed'?");
}

TEST_CASE("a node that was down does not bring the old generation back") {
  settings_map cluster, away;
  REQUIRE(raise_cache_generation(cluster, node_id{1}, noon));
  push_pull(cluster, away);
  REQUIRE(raise_cache_generation(cluster, node_id{1}, noon));
  push_pull(away, cluster);
  CHECK(cache_generation(cluster) == 2);
  CHECK(cache_generation(away) == 2);
}

TEST_CASE("API keys are read with their roles and tenants, and one that cannot be read opens nothing") {
  settings_map map;
  REQUIRE(change_setting(map, "api_key.ci", "client:" + std::string(64, 'A') + ":acme", node_id{1}, noon));
  REQUIRE(change_setting(map, "api_key.ops", "operator:" + hash, node_id{1}, noon));
  map.merge({entry("api_key.future", "auditor:" + hash, 1)});
  const auto keys = api_keys(map);
  REQUIRE(keys.size() == 2);
  CHECK(keys[0] == setting_api_key{"ci", role::client, hash, "acme"});
  CHECK(keys[1] == setting_api_key{"ops", role::operator_, hash, "ops"});
  REQUIRE(remove_setting(map, "api_key.ci", node_id{1}, noon));
  CHECK(api_keys(map).size() == 1);
}

TEST_CASE("tenants are active and caches separate until somebody says otherwise") {
  settings_map map;
  CHECK(tenant_active(map, "acme"));
  CHECK(!cache_shared(map, "embed"));
  REQUIRE(change_setting(map, "tenant.acme", "suspended", node_id{1}, noon));
  REQUIRE(change_setting(map, "cache.scope.embed", "shared", node_id{1}, noon));
  CHECK(!tenant_active(map, "acme"));
  CHECK(cache_shared(map, "embed"));
  CHECK(!cache_shared(map, "compress"));
}
