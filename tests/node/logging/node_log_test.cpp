#include "node/logging/node_log.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

using weft::log_field;
using weft::test::temporary_directory;

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

weft::log_line sample(std::string_view text, std::span<const log_field> fields) {
  return {.time = std::chrono::system_clock::time_point{std::chrono::milliseconds{1'700'000'000'123}},
          .level = weft::log_level::warn,
          .component = "grpc",
          .text = text,
          .fields = fields};
}

} // namespace

TEST_CASE("a text line has time, level, component, text and fields") {
  const std::vector<log_field> fields{{"request_id", "r-1"}, {"reason", "two words"}, {"empty", ""}};
  CHECK(weft::render(sample("call failed", fields), weft::log_format::text) ==
        "2023-11-14T22:13:20.123Z warn  grpc: call failed request_id=r-1 reason=\"two words\" empty=\"\"");
}

TEST_CASE("a json line is one object with the same content") {
  const std::vector<log_field> fields{{"request_id", "r-1"}};
  const auto json = nlohmann::json::parse(weft::render(sample("call failed", fields), weft::log_format::json));
  CHECK(json == nlohmann::json{{"time", "2023-11-14T22:13:20.123Z"},
                               {"level", "warn"},
                               {"component", "grpc"},
                               {"text", "call failed"},
                               {"request_id", "r-1"}});
}

TEST_CASE("no text can break out of its line") {
  const std::vector<log_field> fields{{"x", "a\nb\x1b[31m"}};
  for (const auto format : {weft::log_format::text, weft::log_format::json}) {
    const auto line = weft::render(sample("bad\r\n\xff text", fields), format);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find('\r') == std::string::npos);
    CHECK(line.find('\x1b') == std::string::npos);
    if (format == weft::log_format::json)
      CHECK(nlohmann::json::accept(line));
  }
}

TEST_CASE("no value can forge a field of a text line") {
  for (const auto& [value, shown] : {std::pair<std::string, std::string>{R"(a" code="OK)", R"("a\" code=\"OK")"},
                                     {R"(")", R"("\"")"},
                                     {R"(\)", R"("\\")"},
                                     {R"(a\" b=1)", R"("a\\\" b=1")"},
                                     {"a=b", R"("a=b")"}}) {
    const std::vector<log_field> fields{{"x", value}, {"y", "1"}};
    CHECK(weft::render(sample("t", fields), weft::log_format::text).ends_with(" x=" + shown + " y=1"));
  }
}

TEST_CASE("lines below the level are left out, and level and format change while running") {
  const temporary_directory folder;
  const auto file = folder.path() / "weft.log";
  auto log = weft::node_log::open({.level = weft::log_level::warn, .file = file.string()});
  REQUIRE(log);
  (*log)->write(weft::log_level::info, "a", "hidden");
  (*log)->write(weft::log_level::warn, "a", "shown");
  (*log)->set_level(weft::log_level::debug);
  (*log)->set_format(weft::log_format::json);
  (*log)->write(weft::log_level::debug, "a", "shown too");
  (*log)->close();
  (*log)->write(weft::log_level::error, "a", "after the end");
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].ends_with("warn  a: shown"));
  CHECK(nlohmann::json::parse(lines[1])["text"] == "shown too");
}

TEST_CASE("equal lines are limited and counted, different ones are not") {
  const temporary_directory folder;
  const auto file = folder.path() / "weft.log";
  auto log = weft::node_log::open({.file = file.string()});
  REQUIRE(log);
  for (int i = 0; i < 100; ++i)
    (*log)->write(weft::log_level::warn, "a", "again", {{"i", std::to_string(i)}});
  (*log)->write(weft::log_level::warn, "a", "other");
  CHECK((*log)->lines_lost() == 95);
  (*log)->close();
  CHECK(lines_of(file).size() == 6);
}

TEST_CASE("debug lines are never limited") {
  const temporary_directory folder;
  const auto file = folder.path() / "weft.log";
  auto log = weft::node_log::open({.level = weft::log_level::debug, .file = file.string()});
  REQUIRE(log);
  for (int i = 0; i < 100; ++i)
    (*log)->write(weft::log_level::debug, "a", "again");
  (*log)->close();
  CHECK(lines_of(file).size() == 100);
}

TEST_CASE("lines of many threads stay whole, and none is lost that was not limited") {
  const temporary_directory folder;
  const auto file = folder.path() / "weft.log";
  auto log = weft::node_log::open({.format = weft::log_format::json, .file = file.string()});
  REQUIRE(log);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        (*log)->write(weft::log_level::info, "a", "line " + std::to_string(t * 1000 + i));
    });
  for (auto& thread : threads)
    thread.join();
  (*log)->close();
  const auto lines = lines_of(file);
  CHECK(lines.size() == 800);
  for (const auto& line : lines)
    CHECK(nlohmann::json::accept(line));
}

TEST_CASE("a file that cannot be opened is a failure that names the key and the file") {
  const auto log = weft::node_log::open({.file = "/proc/weft/no.log"});
  REQUIRE_FALSE(log);
  CHECK(log.error().message.starts_with("log.file: /proc/weft/no.log cannot be opened"));
}
