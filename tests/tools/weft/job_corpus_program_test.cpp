#include "tests/support/temporary_directory.hpp"
#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/job_commands.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

// Cluster 0: b, cluster 1: a, cluster 2: empty; item 3 is as item 1, item 5 as item 2.
const std::string texts = "bear\napple\napricot\napple\nFAIL\napricot\n";

void submit(const fake_jobs& node, const std::string& input = texts) {
  weft_at(node, {"job", "submit", "corpus", "-", "--request-id", "r"}, input);
  REQUIRE(node.at("job-r").job.operation() == "corpus");
}

ended results(const fake_jobs& node, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"job", "results", "job-r"});
  return weft_at(node, more);
}

} // namespace

TEST_CASE("a corpus job is handed in line by line with what is asked of it") {
  fake_jobs node;
  const auto r =
      weft_at(node,
              {"job", "submit", "corpus", "-", "--request-id", "r", "--clusters", "64", "--duplicates", "0.9",
               "--extract", "2000", "--seed", "0", "--iterations", "7", "--no-truncate", "-o", "json"},
              "a\nb\n");
  CHECK(r.exit == 0);
  CHECK(json::parse(r.out)["operation"] == "corpus");
  CHECK(json::parse(r.out)["corpus"]["clusters"] == 64);
  const auto job = node.at("job-r");
  CHECK(job.texts == std::vector<std::string>{"a", "b"});
  const auto& asked = job.opening.corpus();
  CHECK(asked.clusters() == 64);
  CHECK(asked.duplicate_similarity() == 0.9);
  CHECK(asked.extract_tokens() == 2'000);
  CHECK(asked.has_seed());
  CHECK(asked.seed() == 0);
  CHECK(asked.iterations() == 7);
  CHECK(asked.embed().normalize());
  CHECK_FALSE(asked.embed().truncate());
  CHECK(has(weft_at(node, {"job", "get", "job-r"}).out,
            "corpus (64 clusters, near duplicates from 0.9, 2 000 tokens of extract) with fake"));

  weft_at(node, {"job", "submit", "corpus", "-", "--request-id", "plain"}, "a\n");
  const auto plain = node.at("job-plain").opening.corpus();
  CHECK_FALSE(plain.has_duplicate_similarity());
  CHECK_FALSE(plain.has_seed());
  CHECK(plain.clusters() == 0);
  weft_at(node, {"job", "submit", "corpus", "-", "--request-id", "off", "--duplicates", "off", "--split", "file"},
          "a\nb\n");
  const auto none = node.at("job-off");
  CHECK(none.opening.corpus().has_duplicate_similarity());
  CHECK(none.opening.corpus().duplicate_similarity() == 0);
  CHECK(none.texts == std::vector<std::string>{"a\nb\n"});
}

TEST_CASE("the outcome of a corpus is shown to people: clusters by size, duplicates, the extract") {
  fake_jobs node;
  submit(node);
  const auto r = results(node);
  CHECK(r.exit == 0);
  CHECK(r.out == "5 items, 3 clusters after 2 iterations, 2 near duplicates, 1 failed\n"
                 "fake f1, 4 dimensions\n"
                 "\n"
                 "CLUSTER  ITEMS  DISTINCT  ITEM  NEAREST TO ITS MIDDLE\n"
                 "      1      4         2     1  apple\n"
                 "      0      1         1     0  bear\n"
                 "\n"
                 "DUPLICATE  OF ITEM\n"
                 "        3        1\n"
                 "        5        2\n"
                 "\n"
                 "Extract: 2 items, 6 tokens\n"
                 "bear\n"
                 "apple\n");
  CHECK(has(r.err, "1 item failed to embed and is no part of the corpus; 'weft job results job-r --failed' tells why"));
  CHECK(results(node, {"--extract"}).out == "bear\napple\n");
  CHECK(results(node, {"--clusters"}).out.starts_with("CLUSTER"));
  CHECK(results(node, {"--duplicates", "--extract"}).out ==
        "DUPLICATE  OF ITEM\n        3        1\n        5        2\n\nExtract: 2 items, 6 tokens\nbear\napple\n");
  CHECK(results(node, {"-o", "name"}).out == "1\n0\n");
  CHECK(results(node, {"--duplicates", "-o", "name"}).out == "3\n5\n");
  CHECK(results(node, {"--extract", "-o", "name"}).out == "0\n1\n");
}

TEST_CASE("the cluster of each item is shown where it is asked for, and not of those that failed") {
  fake_jobs node;
  submit(node);
  CHECK(results(node, {"--labels"}).out == "ITEM  CLUSTER\n"
                                           "   0        0\n"
                                           "   1        1\n"
                                           "   2        1\n"
                                           "   3        1\n"
                                           "   5        1\n");
  CHECK(results(node, {"--labels", "-o", "name"}).out == "0\n1\n1\n1\n1\n");
  const auto lines = results(node, {"--labels", "-o", "json"}).out;
  CHECK(lines.starts_with("{\"item\":0,\"cluster\":0}\n{\"item\":1,\"cluster\":1}\n"));
  CHECK(lines.ends_with("{\"item\":5,\"cluster\":1}\n"));
  CHECK(has(results(node, {"--labels", "-o", "yaml"}).out, "item: 5"));
  CHECK(results(node, {"--labels", "--vectors"}).exit == 2);
}

TEST_CASE("of many clusters and duplicates the first ten are shown, all with -o wide") {
  fake_jobs node;
  std::string input;
  for (char c = 'a'; c <= 'l'; ++c)
    input += std::string(2, c) + "\n" + std::string(2, c) + "\n";
  submit(node, input);
  const auto few = results(node).out;
  CHECK(has(few, "… and 2 more (-o wide shows all)\n\nDUPLICATE"));
  CHECK(has(few, "… and 2 more (-o wide shows all)\n\nExtract: 12 items"));
  CHECK_FALSE(has(few, "     11      2         1    22  ll"));
  CHECK(has(results(node, {"-o", "wide"}).out, "     11      2         1    22  ll"));
}

TEST_CASE("for scripts an outcome is one object, and a part of it a line an entry") {
  fake_jobs node;
  submit(node);
  const auto lines = split_lines(results(node, {"-o", "json"}).out);
  REQUIRE(lines.size() == 1);
  const auto whole = json::parse(lines[0]);
  CHECK(whole["id"] == "job-r");
  CHECK(whole["items"] == 5);
  CHECK(whole["items_failed"] == 1);
  CHECK(whole["model_version"] == "f1");
  CHECK(whole["dimensions"] == 4);
  CHECK(whole["iterations"] == 2);
  CHECK(whole["extract_tokens"] == 6);
  REQUIRE(whole["clusters"].size() == 3);
  CHECK(whole["clusters"][0] ==
        json::parse(R"({"cluster":1,"items":4,"distinct":2,"representative":1,"similarity":0.5,"text":"apple"})"));
  CHECK_FALSE(whole["clusters"][2].contains("representative"));
  CHECK(whole["duplicates"] == json::parse(R"([{"item":3,"of":1},{"item":5,"of":2}])"));
  CHECK(whole["extract"][1] == json::parse(R"({"item":1,"cluster":1,"tokens":3,"text":"apple"})"));
  const auto rows = split_lines(results(node, {"--duplicates", "-o", "json"}).out);
  REQUIRE(rows.size() == 2);
  CHECK(json::parse(rows[1]) == json::parse(R"({"item":5,"of":2})"));
  const auto yaml = results(node, {"-o", "yaml"}).out;
  for (const char* part : {"items: 5\n", "clusters:\n", "duplicates:\n", "of: 2\n"})
    CHECK_MESSAGE(has(yaml, part), yaml);
  CHECK(results(node, {"--duplicates", "-o", "yaml"}).out == "- item: 3\n  of: 1\n- item: 5\n  of: 2\n");
}

TEST_CASE("texts of several lines are set apart, and a terminal's bytes stay out of tables") {
  fake_jobs node;
  weft_at(node, {"job", "submit", "corpus", "--text", "a\nb", "--text", "c\x1b[31m", "--request-id", "r"});
  CHECK(results(node, {"--extract"}).out == "a\nb\n\nc\x1b[31m\n"); // to a pipe as they are
  CHECK_FALSE(has(results(node, {"--clusters"}).out, "\x1b"));
}

TEST_CASE("an outcome whose node is lost is read anew from the next") {
  const auto board = std::make_shared<job_board>();
  fake_jobs node{board, {.cuts_outcome = true}};
  fake_jobs other{board};
  submit(node);
  const auto r = weft_at(std::vector{node.endpoint(), other.endpoint()}, {"job", "results", "job-r", "-o", "name"});
  CHECK(r.exit == 0);
  CHECK(r.out == "1\n0\n");
}

TEST_CASE("a corpus without a result says why, and so does one whose job was cut") {
  fake_jobs node{std::make_shared<job_board>(), {.fails_corpus = true}};
  submit(node);
  const auto failed = results(node);
  CHECK(failed.exit == 1);
  CHECK(failed.out.empty());
  CHECK(has(failed.err, "the corpus has no result: four tries failed"));
  auto job = node.at("job-r").job;
  job.set_state(v1::JOB_STATE_CANCELLED);
  node.put(job);
  const auto cut = results(node);
  CHECK(cut.exit == 1);
  CHECK(has(cut.err, "the job ended as cancelled: its corpus has no outcome"));
  CHECK(has(cut.err, "weft job results job-r --vectors"));
}

TEST_CASE("the vectors of a corpus job are read as those of any job, and parts are of a corpus only") {
  fake_jobs node;
  submit(node);
  CHECK(split_lines(results(node, {"--vectors", "-o", "json"}).out).size() == 6);
  CHECK(split_lines(results(node, {"--failed", "-o", "json"}).out).size() == 1);
  const temporary_directory folder;
  const std::string file = folder.path() / "m.npy";
  CHECK(results(node, {"--out", file}).out == file + ": float32 [6, 4]\n");
  CHECK(floats_of(file, 0) == fake_node::fake_vector("bear"));
  CHECK(results(node, {"--extract", "--vectors"}).exit == 2);
  CHECK(results(node, {"--extract", "--failed"}).exit == 2);
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "e"}, "a\n");
  const auto plain = weft_at(node, {"job", "results", "job-e", "--clusters"});
  CHECK(plain.exit == 2);
  CHECK(has(plain.err, "this job is to embed"));
}

TEST_CASE("how far a corpus is stands beside the job") {
  fake_jobs node;
  auto job = job_of("job-r", v1::JOB_STATE_RUNNING);
  job.set_operation("corpus");
  job.mutable_corpus()->set_phase("running");
  job.mutable_corpus()->set_step("duplicates");
  job.mutable_corpus()->set_ranks(2);
  node.put(job);
  const auto got = weft_at(node, {"job", "get", "job-r"});
  CHECK(got.exit == 0);
  CHECK(has(got.out, "corpus      running, duplicates, 2 nodes\n"));
}
