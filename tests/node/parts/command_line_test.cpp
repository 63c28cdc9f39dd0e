#include "node/command_line.hpp"
#include "node/version.hpp"

#include <doctest/doctest.h>

namespace {

weft::parsed_command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "weftd");
  return weft::parse_command_line(static_cast<int>(words.size()), words.data());
}

} // namespace

TEST_CASE("flags become overrides of keys, --set of any key") {
  const auto parsed = parse({"--config", "n.toml", "--listen", "127.0.0.1:0", "--set", "pool.workers_max=2", "--set",
                             "limits.items_max=9", "--data-dir=/tmp/x", "--listen", "127.0.0.1:1"});
  const auto* serve = std::get_if<weft::serve_command>(&parsed);
  REQUIRE(serve);
  CHECK(serve->config == "n.toml");
  CHECK_FALSE(serve->check_config);
  using entries = std::vector<std::pair<std::string, std::string>>;
  CHECK(serve->overrides == entries{{"node.listen", "127.0.0.1:0"},
                                    {"pool.workers_max", "2"},
                                    {"limits.items_max", "9"},
                                    {"node.data_dir", "/tmp/x"},
                                    {"node.listen", "127.0.0.1:1"}});
}

TEST_CASE("without --config there is no file") {
  const auto parsed = parse({"--check-config"});
  const auto* serve = std::get_if<weft::serve_command>(&parsed);
  REQUIRE(serve);
  CHECK_FALSE(serve->config);
  CHECK(serve->check_config);
}

TEST_CASE("version and help are printed, wrong flags are usage errors") {
  const auto version = std::get<weft::print_command>(parse({"--version"}));
  CHECK(version.code == 0);
  CHECK(version.text == "weftd " + std::string{weft::release_version} + "\n");
  const auto help = std::get<weft::print_command>(parse({"--help"}));
  CHECK(help.code == 0);
  CHECK(help.text.find("Exit codes:") != std::string::npos);
  for (const auto& words : std::vector<std::vector<const char*>>{{"--lisen", "x"},
                                                                 {"extra"},
                                                                 {"--set", "x"},
                                                                 {"--config"},
                                                                 {"make-api-key"},
                                                                 {"make-api-key", "--name", "a", "--role", "root"}}) {
    CAPTURE(words.front());
    const auto wrong = parse(words);
    REQUIRE(std::holds_alternative<weft::print_command>(wrong));
    CHECK(std::get<weft::print_command>(wrong).code == 2);
    CHECK(std::get<weft::print_command>(wrong).text.starts_with("weftd: "));
  }
}

TEST_CASE("make-api-key takes name, role and tenant") {
  const auto parsed = parse({"make-api-key", "--name", "alice", "--role", "client", "--tenant", "team"});
  const auto* make = std::get_if<weft::make_api_key_command>(&parsed);
  REQUIRE(make);
  CHECK(make->name == "alice");
  CHECK(make->role == "client");
  CHECK(make->tenant == "team");
}
