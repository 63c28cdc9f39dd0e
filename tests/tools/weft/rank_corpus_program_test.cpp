#include "tests/tools/weft/job_commands.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

ended rank(const fake_jobs& node, std::vector<std::string> more) {
  more.insert(more.begin(), {"rank", "--corpus", "job-r"});
  return weft_at(node, more);
}

} // namespace

TEST_CASE("the items of a corpus job are ranked where they are, for each query") {
  fake_jobs node;
  weft_at(node, {"job", "submit", "corpus", "-", "--request-id", "r"}, "bear\napple\napricot\nbee\n");
  const auto r = rank(node, {"-q", "ap", "-q", "beer", "-n", "2"});
  CHECK(r.exit == 0);
  CHECK(r.out == "» ap\nSCORE  ITEM  TEXT\n1.000     1  apple\n1.000     2  apricot\n"
                 "\n» beer\nSCORE  ITEM  TEXT\n0.750     3  bee\n0.500     0  bear\n");
  const auto rows = split_lines(rank(node, {"-q", "beer", "-o", "json"}).out);
  REQUIRE(rows.size() == 2);
  CHECK(json::parse(rows[0]) ==
        json::parse(R"({"query":"beer","rank":1,"score":0.75,"job":"job-r","item":3,"text":"bee"})"));
  CHECK(rank(node, {"-q", "beer", "-o", "name"}).out == "3\n0\n");
  CHECK(rank(node, {"-q", "beer", "-o", "wide", "-n", "1"}).out == "0.750  item 3\n       bee\n\n");
  CHECK(has(rank(node, {"-q", "beer", "-o", "yaml"}).out, "item: 3\n"));
}

TEST_CASE("a job that is no corpus, or is not there, is said to be so") {
  fake_jobs node;
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\n");
  const auto plain = rank(node, {"-q", "a"});
  CHECK(plain.exit == 1);
  CHECK(has(plain.err, "no corpus job"));
  CHECK(weft_at(node, {"rank", "--corpus", "nothing", "-q", "a"}).exit == 1);
}
