#include "tests/tools/weft/fake_admin.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

ended weft_at(const fake_admin& node, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--endpoint", node.endpoint()});
  return run_weft({.arguments = std::move(arguments)});
}

} // namespace

TEST_CASE("settings are set, shown in every output, and unset") {
  fake_admin node;
  const auto made = weft_at(node, {"settings", "set", "tenant.acme", "suspended"});
  CHECK(made.exit == 0);
  CHECK(made.out == "tenant.acme = suspended (version 3)\n");
  weft_at(node, {"settings", "set", "cache.scope.embed", "shared"});
  CHECK(weft_at(node, {"settings", "get", "tenant.acme"}).out == "suspended\n");
  const auto table = weft_at(node, {"settings", "list"}).out;
  for (const char* part : {"KEY", "VALUE", "tenant.acme", "suspended", "cache.scope.embed", "shared"})
    CHECK_MESSAGE(table.find(part) != std::string::npos, part);
  const auto wide = weft_at(node, {"settings", "list", "-o", "wide"}).out;
  for (const char* part : {"VERSION", "2027-01-15 08:00:00", "0123456789abcdef"})
    CHECK_MESSAGE(wide.find(part) != std::string::npos, part);
  CHECK(weft_at(node, {"settings", "list", "tenant.", "-o", "name"}).out == "tenant.acme\n");
  const auto object = json::parse(weft_at(node, {"settings", "list", "tenant.", "-o", "json"}).out);
  CHECK(object["key"] == "tenant.acme");
  CHECK(object["version"] == 3);
  CHECK(weft_at(node, {"settings", "get", "tenant.acme", "-o", "yaml"}).out.starts_with("key: tenant.acme\n"));
  CHECK(weft_at(node, {"settings", "unset", "tenant.acme"}).out == "tenant.acme is not set any more\n");
  CHECK(weft_at(node, {"settings", "list", "tenant.", "-o", "name"}).out.empty());
}

TEST_CASE("settings commands end with the exit codes of all others") {
  fake_admin node;
  CHECK(weft_at(node, {"settings"}).exit == 2);
  CHECK(weft_at(node, {"settings", "set", "tenant.a"}).exit == 2);
  const auto wrong = weft_at(node, {"settings", "set", "tenant.a", "wrong"});
  CHECK(wrong.exit == 1);
  CHECK(wrong.err.find("tenant.a takes active|suspended") != std::string::npos);
  CHECK(weft_at(node, {"settings", "get", "tenant.a"}).exit == 1);
  CHECK(run_weft({.arguments = {"settings", "list", "--endpoint", closed_endpoint()}}).exit == 3);
}

TEST_CASE("clearing the cache needs a yes: a flag of a script, an answer of a person") {
  fake_admin node;
  const auto unsure = weft_at(node, {"cache", "clear"});
  CHECK(unsure.exit == 2);
  CHECK(unsure.err.find("--yes") != std::string::npos);
  CHECK(node.generation() == 6);
  CHECK(weft_at(node, {"cache", "clear", "--yes"}).out == "the cache is cleared: generation 7\n");
  CHECK(json::parse(weft_at(node, {"cache", "clear", "-y", "-o", "json"}).out)["generation"] == 8);
  const run_options person{.arguments = {"cache", "clear", "--endpoint", node.endpoint()}};
  CHECK(run_weft_on_terminal(person, "[y/N]", "n\n").exit == 1);
  CHECK(node.generation() == 8);
  CHECK(run_weft_on_terminal(person, "[y/N]", "y\n").exit == 0);
  CHECK(node.generation() == 9);
}
