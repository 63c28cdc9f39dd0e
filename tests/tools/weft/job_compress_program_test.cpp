#include "tests/tools/weft/job_commands.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

const std::string first = "one line\nand another\n";
const std::string second = "a third\nthe last\n";

} // namespace

TEST_CASE("a job compresses whole files, with the options of compress") {
  fake_jobs node;
  const scratch_file one{first};
  const scratch_file other{second};
  const auto r =
      weft_at(node, {"job", "submit", "compress", "--ratio", "2", "--strategy", "frequency", "--keep", "names",
                     "--pattern", "x", one.path(), other.path(), "--request-id", "r", "-o", "json"});
  CHECK(r.exit == 0);
  CHECK(json::parse(r.out)["operation"] == "compress");
  const auto job = node.at("job-r");
  CHECK(job.texts == std::vector<std::string>{first, second});
  CHECK_FALSE(job.opening.has_embed());
  CHECK(job.opening.compress().ratio() == 2);
  CHECK(job.opening.compress().strategy() == v1::COMPRESS_STRATEGY_FREQUENCY);
  CHECK(job.opening.compress().keep(0) == v1::KEEP_KIND_NAMES);
  CHECK(job.opening.compress().patterns(0) == "x");
  CHECK(has(weft_at(node, {"job", "get", "job-r"}).out,
            "compress (ratio 2, frequency, keeps names, 1 pattern) with fake"));
  CHECK(json::parse(weft_at(node, {"job", "get", "job-r", "-o", "json"}).out)["compress"]["ratio"] == 2);
  CHECK(has(weft_at(node, {"job", "list"}).out, "compress"));
  weft_at(node, {"job", "submit", "compress", "--split", "line", "-", "--request-id", "l"}, first);
  CHECK(node.at("job-l").texts == std::vector<std::string>{"one line", "and another"});
  CHECK(node.at("job-l").opening.compress().ratio() == 8);
}

TEST_CASE("results of a job that compresses are texts, as compress prints them") {
  fake_jobs node;
  weft_at(node, {"job", "submit", "compress", "--ratio", "2", "--text", first, "--text", "FAIL", "--text", second,
                 "--request-id", "r"});
  const auto table = weft_at(node, {"job", "results", "job-r"});
  CHECK(table.exit == 0);
  CHECK(table.out == "==> item 0 <==\none line\n\n==> item 2 <==\na third\n");
  CHECK(has(table.err, "weft: item 1: 3 nodes failed on it [ENGINE_FAILED]"));
  CHECK(has(table.err, "the job ended as done_with_failures: 2 of 3 items have results"));
  const auto rows = split_lines(weft_at(node, {"job", "results", "job-r", "-o", "json"}).out);
  REQUIRE(rows.size() == 3);
  const auto object = json::parse(rows[0]);
  CHECK(object["index"] == 0);
  CHECK(object["text"] == "one line\n");
  CHECK(object["source_tokens"] == first.size());
  CHECK(object["strategy"] == "semantic");
  CHECK_FALSE(object.contains("name"));
  CHECK(object["stands_for"] == json::array());
  CHECK(json::parse(rows[1])["error"]["reason"] == "ENGINE_FAILED");
  CHECK(weft_at(node, {"job", "results", "job-r", "-o", "name"}).out == "0\n2\n");
  const auto failed = split_lines(weft_at(node, {"job", "results", "job-r", "--failed", "-o", "json"}).out);
  REQUIRE(failed.size() == 1);
  CHECK(json::parse(failed[0])["index"] == 1);
  const auto matrix = weft_at(node, {"job", "results", "job-r", "--out", "/tmp/never.npy"});
  CHECK(matrix.exit == 2);
  CHECK(has(matrix.err, "its results are texts"));
}
