#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

ended rank(const fake_node& node, std::vector<std::string> more, const std::string& input = {}) {
  more.insert(more.begin(), "rank");
  return run_weft({.arguments = std::move(more), .input = input, .environment = {"WEFT_ENDPOINT=" + node.endpoint()}});
}

// The fake node's vectors count letters modulo 4: "aaa" is like "a", unlike "b".
const char* const document = "bbb\nbbb\n\naaab\n\naaaa\n\nab\n";

} // namespace

TEST_CASE("rank shows the nearest paragraphs with their place") {
  fake_node node;
  const scratch_file file{document};
  const auto r = rank(node, {"--query", "a", "--top", "2", "-o", "json", file.path()});
  CHECK(r.exit == 0);
  std::istringstream lines{r.out};
  std::string line;
  REQUIRE(std::getline(lines, line));
  const auto best = json::parse(line);
  CHECK(best["rank"] == 1);
  CHECK(best["score"].get<double>() == doctest::Approx(1));
  CHECK(best["file"] == file.path());
  CHECK(best["line"] == 6);
  CHECK(best["text"] == "aaaa");
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["line"] == 4);
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("several queries share one pass") {
  fake_node node;
  const auto r = rank(node, {"-q", "a", "-q", "b", "-n", "1", "-o", "name", "-"}, document);
  CHECK(r.exit == 0);
  CHECK(r.out == "stdin:6\nstdin:1\n");
  CHECK(node.calls() == 1);
}

TEST_CASE("the table is for people") {
  fake_node node;
  const auto r = rank(node, {"--query", "a", "-"}, document);
  CHECK(r.exit == 0);
  CHECK(r.out.find("SCORE  PLACE    TEXT\n1.000  stdin:6  aaaa\n") == 0);
  CHECK(r.out.find("5 texts, ") != std::string::npos);
  const auto wide = rank(node, {"--query", "b", "-n", "1", "-o", "wide", "-"}, document);
  CHECK(wide.out.find("stdin:1\n       bbb bbb\n") != std::string::npos);
}

TEST_CASE("paragraphs that are not UTF-8 are named and the others ranked") {
  fake_node node;
  const auto r = rank(node, {"--query", "a", "-o", "name", "-"}, "a\n\n\xff\n\nb\n");
  CHECK(r.exit == 1);
  CHECK(r.out == "stdin:1\nstdin:5\n");
  CHECK(r.err.find("stdin:3") != std::string::npos);
}

TEST_CASE("rank without its arguments is a usage error") {
  fake_node node;
  CHECK(rank(node, {"--query", "a"}).exit == 2);
  CHECK(rank(node, {"-"}).exit == 2);
  CHECK(rank(node, {"--query", "\xff", "-"}, "text\n").exit == 2);
  CHECK(rank(node, {"--query", "a", "--top", "0", "-"}).exit == 2);
}
