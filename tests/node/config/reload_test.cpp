#include "node/config/reload.hpp"

#include <doctest/doctest.h>

TEST_CASE("a reload takes over live keys, keeps the others and names both") {
  weft::node_config running;
  auto wanted = running;
  wanted.limits.items_max = 7;
  wanted.log.level = weft::log_level::debug;
  wanted.node.listen = "127.0.0.1:9";
  wanted.auth.api_keys = {"n:client:secret"};
  const auto change = weft::plan_reload(running, wanted);
  CHECK(change.config.limits.items_max == 7);
  CHECK(change.config.log.level == weft::log_level::debug);
  CHECK(change.config.node.listen == running.node.listen);
  CHECK(change.config.auth.api_keys == wanted.auth.api_keys);
  CHECK(change.applied == std::vector<std::string>{"limits.items_max = 7 (was 1024)", "auth.api_keys",
                                                   "log.level = \"debug\" (was \"info\")"});
  CHECK(change.needs_restart == std::vector<std::string>{"node.listen = \"127.0.0.1:9\" (was \"127.0.0.1:7700\")"});
}

TEST_CASE("a reload without a change does nothing") {
  const auto change = weft::plan_reload({}, {});
  CHECK(change.applied.empty());
  CHECK(change.needs_restart.empty());
}
