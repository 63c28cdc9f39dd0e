#include "tests/support/temporary_directory.hpp"
#include "tests/tools/weft/fake_jobs.hpp"
#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/job_commands.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>
#include <utility>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

TEST_CASE("results are printed as embed prints them, from any item on, also when a node is lost between") {
  const auto board = std::make_shared<job_board>();
  fake_jobs node{board, {.cut_after = 4}};
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\nFAIL\nc\nd\ne\nf\ng\n");
  const auto all = weft_at(node, {"job", "results", "job-r", "-o", "json"});
  CHECK(all.exit == 0);
  const auto rows = split_lines(all.out);
  REQUIRE(rows.size() == 7);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = json::parse(rows[i]);
    CHECK(row["index"] == i);
    if (i == 1) {
      CHECK(row["error"]["reason"] == "ENGINE_FAILED");
      CHECK(row["error"]["code"] == "INTERNAL");
    } else {
      CHECK(row["tokens"] == 3);
      CHECK(row["source"] == "computed");
      CHECK(row["embedding"].size() == 4);
    }
  }
  const auto some = split_lines(weft_at(node, {"job", "results", "job-r", "--from", "5", "-o", "json"}).out);
  REQUIRE(some.size() == 2);
  CHECK(json::parse(some[0])["index"] == 5);
  const auto failed = split_lines(weft_at(node, {"job", "results", "job-r", "--failed", "-o", "json"}).out);
  REQUIRE(failed.size() == 1);
  CHECK(json::parse(failed[0])["index"] == 1);
  CHECK(weft_at(node, {"job", "results", "job-r", "-o", "name"}).out == "0\n2\n3\n4\n5\n6\n");
  const auto table = weft_at(node, {"job", "results", "job-r"}).out;
  for (const char* part :
       {"INDEX", "ENGINE_FAILED: 3 nodes failed on it", "7 items, 18 tokens, 1 failed", "4 dimensions"})
    CHECK_MESSAGE(has(table, part), part);
  CHECK(weft_at(node, {"job", "results", "nothing"}).exit == 1);
}

TEST_CASE("results are shown as they come, also to a pipe") {
  const auto board = std::make_shared<job_board>();
  fake_jobs node{board, {.waits = true}};
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\nb\n");
  for (const auto& [format, first] : {std::pair{"json", "{\"index\":1,"}, {"name", "1\n"}, {"yaml", "- index: 1\n"}}) {
    CAPTURE(format);
    const auto cut = run_weft(
        {.arguments = {"job", "results", "job-r", "-o", format, "--endpoint", node.endpoint(), "--timeout", "20s"},
         .interrupt_at = first});
    CHECK(cut.exit == -SIGINT);
  }
}

TEST_CASE("results of a job that did not end as done say how many there are, and fail where it was cut") {
  const auto board = std::make_shared<job_board>();
  fake_jobs node{board};
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\nFAIL\nNONE\nd\nNONE\n");
  const temporary_directory folder;
  const std::string file = folder.path() / "m.npy";
  const auto results = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"job", "results", "job-r"});
    return weft_at(node, more);
  };
  const auto end_as = [&](v1::JobState state, bool has_total) {
    auto job = node.at("job-r").job;
    job.set_state(state);
    job.set_items_done(3);
    job.set_items_failed(1);
    job.set_items_total(5);
    if (!has_total)
      job.clear_items_total();
    node.put(job);
  };
  for (const auto& [state, name, exit] : {std::tuple{v1::JOB_STATE_CANCELLED, "cancelled", 1},
                                          {v1::JOB_STATE_EXPIRED, "expired", 1},
                                          {v1::JOB_STATE_DONE_WITH_FAILURES, "done_with_failures", 0}}) {
    CAPTURE(name);
    end_as(state, true);
    const std::string ended = std::string{"weft: the job ended as "} + name + ": ";
    for (const auto& more :
         {std::vector<std::string>{}, {"-o", "json"}, {"-o", "name"}, {"--failed"}, {"--out", file}}) {
      const auto shown = results(more);
      CHECK(shown.exit == exit);
      CHECK_MESSAGE(has(shown.err, ended + "2 of 5 items have results\n"), shown.err);
    }
    for (const auto& more : {std::vector<std::string>{"--from", "3", "-o", "json"}, {"--from", "3", "--out", file}})
      CHECK(has(results(more).err, ended + "1 of 2 items from item 3 on have results\n"));
    CHECK(std::filesystem::file_size(file) == 128 + 2 * 4 * sizeof(float));
  }
  end_as(v1::JOB_STATE_CANCELLED, false);
  CHECK(has(results({"--out", file}).err, "2 of 5 items have results; not all of its items had been handed in\n"));
  end_as(v1::JOB_STATE_DONE, true);
  CHECK(results({}).err.empty());
}

TEST_CASE("a submission that waits writes its vectors for NumPy, and finds out first whether it can") {
  fake_jobs node;
  const temporary_directory folder;
  const std::string file = folder.path() / "m.npy";
  const std::vector<std::string> submit{"job",    "submit", "embed",        "--text", "bc",
                                        "--text", "FAIL",   "--request-id", "r"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), submit.begin(), submit.end());
    return weft_at(node, more);
  };
  CHECK(with({"--out", file}).exit == 2);
  CHECK(with({"--wait", "--out", folder.path()}).exit == 2);
  CHECK(with({"--wait", "--out", folder.path() / "none" / "m.npy"}).exit == 2);
  CHECK(node.streams() == 0);
  const auto done = with({"--wait", "--out", file});
  CHECK(done.exit == 1); // an item failed
  CHECK(done.out == "done_with_failures  2/2 items  1 failed\n" + file + ": float32 [2, 4]\n");
  CHECK(has(done.err, "1 item has no result and is a row of NaN"));
  CHECK(std::filesystem::file_size(file) == 128 + 2 * 4 * sizeof(float));
}

TEST_CASE("row and item agree where a job ended without some of its results") {
  fake_jobs node;
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\nNONE\nNONE\nd\nNONE\n");
  const temporary_directory folder;
  const std::string file = folder.path() / "m.npy";
  const auto done = weft_at(node, {"job", "results", "job-r", "--out", file, "-o", "json"});
  CHECK(done.exit == 0);
  CHECK(json::parse(done.out) == json{{"file", file}, {"items", 5}, {"dimensions", 4}, {"without_result", 3}});
  CHECK(floats_of(file, 3) == fake_node::fake_vector("d"));
  for (const size_t row : {1, 2, 4})
    CHECK(std::isnan(floats_of(file, row)[0]));
  CHECK(weft_at(node, {"job", "results", "job-r", "--from", "2", "--out", file}).out == file + ": float32 [3, 4]\n");
  CHECK(floats_of(file, 1) == fake_node::fake_vector("d"));
}

TEST_CASE("results are written for NumPy, with rows of NaN for what failed") {
  fake_jobs node{std::make_shared<job_board>(), {.cut_after = 2}};
  weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "FAIL\nbc\nd\n");
  const temporary_directory folder;
  const std::string file = folder.path() / "m.npy";
  const auto done = weft_at(node, {"job", "results", "job-r", "--out", file});
  CHECK(done.exit == 0);
  CHECK(done.out == file + ": float32 [3, 4]\n");
  CHECK(has(done.err, "1 item has no result and is a row of NaN"));
  std::ifstream in{file, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  REQUIRE(bytes.size() == 128 + 3 * 4 * sizeof(float));
  CHECK(has(bytes, "'shape': (3, 4), }"));
  std::vector<float> floats(12);
  std::memcpy(floats.data(), bytes.data() + 128, bytes.size() - 128);
  for (size_t i = 0; i < 4; ++i)
    CHECK(std::isnan(floats[i]));
  CHECK(std::vector<float>(floats.begin() + 4, floats.begin() + 8) == fake_node::fake_vector("bc"));
  CHECK(std::vector<float>(floats.begin() + 8, floats.end()) == fake_node::fake_vector("d"));
  CHECK(weft_at(node, {"job", "results", "job-r", "--out", file, "--failed"}).exit == 2);
  CHECK(weft_at(node, {"job", "results", "nothing", "--out", folder.path() / "none.npy"}).exit == 1);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "none.npy"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "none.npy.partial"));
}
