#include "tests/tools/weft/fake_admin.hpp"
#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

ended weft_at(const std::string& endpoint, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--endpoint", endpoint});
  return run_weft({.arguments = std::move(arguments)});
}

} // namespace

TEST_CASE("cache get tells where a text's result is and how old, in every output") {
  const fake_admin node;
  const auto found = weft_at(node.endpoint(), {"cache", "get", "--text", "cached"});
  CHECK(found.exit == 0);
  for (const char* part : {"CACHED", "yes", "memory", "1.50 s", "never", "n2", "cached"})
    CHECK_MESSAGE(found.out.find(part) != std::string::npos, part);
  const auto wide = weft_at(node.endpoint(), {"cache", "get", "--text", "cached", "-o", "wide"}).out;
  CHECK(wide.find("000102030405060708090a0b0c0d0e0f") != std::string::npos);
  CHECK(weft_at(node.endpoint(), {"cache", "get", "--text", "cached", "-o", "name"}).out == "memory\n");
  const auto object = json::parse(weft_at(node.endpoint(), {"cache", "get", "--text", "cached", "-o", "json"}).out);
  CHECK(object["cached"] == true);
  CHECK(object["level"] == "memory");
  CHECK(object["age_ms"] == 1'500);
  CHECK(object["expires_in_ms"].is_null());
  CHECK(object["owner"] == "n2");
  CHECK(object["generation"] == 3);
}

TEST_CASE("cache get of what is not cached says so and ends with 1, and asks about the text as it would be embedded") {
  const fake_admin node;
  const auto absent = weft_at(node.endpoint(), {"cache", "get", "--text", "cached", "--text", "other", "-o", "json"});
  CHECK(absent.exit == 1);
  CHECK(absent.err.empty());
  const auto second = json::parse(absent.out.substr(absent.out.find('\n') + 1));
  CHECK(second["text"] == "other");
  CHECK(second["cached"] == false);
  CHECK(second["level"].is_null());
  CHECK(weft_at(node.endpoint(), {"cache", "get", "--text", "cached", "--no-normalize"}).exit == 1);
  const auto tenant = weft_at(node.endpoint(), {"cache", "get", "--text", "a", "--tenant", "acme", "-o", "json"});
  CHECK(json::parse(tenant.out)["scope"] == "acme");
}

TEST_CASE("cache get ends with the exit codes of all others") {
  const fake_admin node;
  CHECK(weft_at(node.endpoint(), {"cache", "get"}).exit == 2);
  CHECK(weft_at(node.endpoint(), {"cache", "get", "--text", "\xff"}).exit == 2);
  CHECK(weft_at(node.endpoint(), {"cache", "get", "--text", "a", "--model", "unknown"}).exit == 1);
  CHECK(weft_at(closed_endpoint(), {"cache", "get", "--text", "a"}).exit == 3);
}

TEST_CASE("cache warm embeds every text and says how many were computed") {
  const fake_node node;
  const scratch_file file{"one\ntwo\nthree\n"};
  const auto ended = weft_at(node.endpoint(), {"cache", "warm", file.path()});
  CHECK(ended.exit == 0);
  CHECK(ended.out.starts_with("3 texts: present 0, computed 3 in "));
  CHECK(node.texts() == std::vector<std::string>{"one", "two", "three"});
  const auto object = json::parse(weft_at(node.endpoint(), {"cache", "warm", file.path(), "-o", "json"}).out);
  CHECK(object["texts"] == 3);
  CHECK(object["computed"] == 3);
  CHECK(object["present"] == 0);
  CHECK(weft_at(node.endpoint(), {"cache", "warm", file.path(), "-o", "name"}).out == "3\n");
}

TEST_CASE("cache warm names a text that fails, warms the others, and ends with 1") {
  const fake_node node;
  const scratch_file file{"one\nFAIL\n"};
  const auto ended = weft_at(node.endpoint(), {"cache", "warm", file.path()});
  CHECK(ended.exit == 1);
  CHECK(ended.out.find("computed 1, failed 1") != std::string::npos);
  CHECK(ended.err.find(":2: ") != std::string::npos);
  CHECK(weft_at(node.endpoint(), {"cache", "warm"}).exit == 2);
  CHECK(weft_at(node.endpoint(), {"cache", "warm", "/nonexistent"}).exit == 2);
  CHECK(weft_at(closed_endpoint(), {"cache", "warm", file.path()}).exit == 3);
}
