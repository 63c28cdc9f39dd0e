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

TEST_CASE("rank by codes prints what rank prints, and how many of its results full vectors find") {
  fake_node node;
  const std::string nearest = "stdin:6\nstdin:4\nstdin:8\nstdin:1\n";
  for (const auto& [arguments, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--encoding", "int8"}, "int8 codes of 4 bytes: 4 of 4 results found by full vectors too\n"},
           {{"--encoding", "binary"},
            "binary codes of 1 byte, scored again by int8 of 4: 4 of 4 results found by full vectors too\n"},
           {{"--encoding", "binary", "--center", "--rescore", "1"}, "binary codes of 1 byte, scored again by int8"}}) {
    CAPTURE(says);
    std::vector<std::string> more{"--query", "a", "-"};
    more.insert(more.end(), arguments.begin(), arguments.end());
    const auto table = rank(node, more, document).out;
    CHECK_MESSAGE(table.find(says) != std::string::npos, table);
    CHECK(table.find("5 texts, ") != std::string::npos);
    more.insert(more.end(), {"-o", "name"});
    CHECK(rank(node, more, document).out == nearest);
  }
  const auto alone = rank(node, {"-q", "a", "-n", "1", "--encoding", "binary", "--rescore", "0", "-"}, document).out;
  CHECK(alone.find("1.000  stdin:6  aaaa\n") != std::string::npos);
  CHECK(alone.find("binary codes of 1 byte: 1 of 1 result found") != std::string::npos);
  CHECK(node.first_message().options().encoding() <= v1::VECTOR_ENCODING_FLOAT32);
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
  CHECK(rank(node, {"--query", "a", "--rescore", "5", "-"}).exit == 2);
  CHECK(rank(node, {"--query", "a", "--encoding", "int8", "--center", "-"}).exit == 2);
  CHECK(rank(node, {"--query", "a", "--encoding", "float16", "-"}).exit == 2);
}
