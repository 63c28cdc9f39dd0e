#include "tools/weft/job_json.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
namespace v1 = weft::v1;

namespace {

v1::Job half_done() {
  v1::Job job;
  job.set_id("3f0c9a7d1b2e4f5060718293a4b5c6d7");
  job.set_request_id("night 17");
  job.set_state(v1::JOB_STATE_RUNNING);
  job.set_operation("embed");
  job.set_model("mini");
  job.set_items_total(50'000);
  job.set_items_durable(50'000);
  job.set_items_done(25'000);
  job.set_items_failed(3);
  job.set_items_per_second(375);
  job.set_time_left_ms(66'600);
  job.set_created_unix_ms(1'800'000'000'000);
  job.mutable_durability()->set_copies(3);
  job.mutable_durability()->set_synced(2);
  return job;
}

} // namespace

TEST_CASE("every state has its name, and back") {
  for (int i = v1::JOB_STATE_PENDING; i <= v1::JOB_STATE_REMOVED; ++i) {
    const auto state = static_cast<v1::JobState>(i);
    CAPTURE(state_name(state));
    CHECK(parse_job_state(state_name(state)) == state);
    CHECK(has_ended(state) == (i >= v1::JOB_STATE_DONE));
    CHECK((exit_of(state) == exit_code::ok) == (state == v1::JOB_STATE_DONE));
  }
  CHECK(state_name(static_cast<v1::JobState>(77)) == "unknown");
  CHECK_FALSE(parse_job_state("finished"));
}

TEST_CASE("the line of a job tells how far it is, as long as that is of interest, and fits") {
  auto job = half_done();
  CHECK(job_line(job, 200) == "running  25 000/50 000 items  [##########----------]  50%  375/s  1m07s left  3 failed");
  CHECK(job_line(job, 80) == "running  25 000/50 000 items  [#####-----]  50%  375/s  1m07s left  3 failed");
  CHECK(job_line(job, 30).size() <= 32); // with the mark of what is left out
  job.set_state(v1::JOB_STATE_DONE_WITH_FAILURES);
  job.set_items_done(50'000);
  job.set_ended_unix_ms(1'800'000'090'000);
  CHECK(job_line(job, 200) == "done_with_failures  50 000/50 000 items  3 failed  after 1m30s");
  v1::Job young;
  young.set_state(v1::JOB_STATE_PENDING);
  young.set_items_durable(3'000);
  CHECK(job_line(young, 200) == "pending  0/3 000+ items");
}

TEST_CASE("JSON has what is set, with the names that scripts rely on") {
  auto job = half_done();
  auto object = to_json(job);
  CHECK(object["id"] == job.id());
  CHECK(object["state"] == "running");
  CHECK(object["items_total"] == 50'000);
  CHECK(object["items_failed"] == 3);
  CHECK(object["durability"]["synced"] == 2);
  CHECK_FALSE(object.contains("ended_unix_ms"));
  CHECK(to_line(object).starts_with(R"({"id":"3f0c9a7d1b2e4f5060718293a4b5c6d7","state":"running",)"));
  job.clear_items_total();
  CHECK_FALSE(to_json(job).contains("items_total"));
}

TEST_CASE("one copy is said to be one, and no byte of a name reaches the terminal unfiltered") {
  auto job = half_done();
  CHECK(job_text(job, false).find("3 copies, acknowledged when 2 are on disk") != std::string::npos);
  job.mutable_durability()->set_synced(1);
  job.set_request_id("a\x1b[31mb");
  const auto text = job_text(job, false);
  CHECK(text.find("one copy: this cluster is a single node") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a job that compresses says what it does, in words and in JSON") {
  v1::Job job;
  job.set_operation("compress");
  CHECK(compresses(job));
  CHECK(work_of(job) == "compress");
  auto& options = *job.mutable_compress();
  options.set_tokens(500);
  options.set_strategy(v1::COMPRESS_STRATEGY_SEMANTIC);
  options.set_counter(v1::TOKEN_COUNTER_BYTES);
  options.set_query("Who pays?");
  options.add_keep(v1::KEEP_KIND_NUMBERS);
  options.add_patterns("a|b");
  CHECK(work_of(job) ==
        "compress (at most 500 tokens, semantic, counted as bytes, for 'Who pays?', keeps numbers, 1 pattern)");
  CHECK(to_json(job)["compress"] == json::parse(R"({"strategy":"semantic","counter":"bytes","tokens":500,)"
                                                R"("query":"Who pays?","keep":["numbers"],"patterns":["a|b"]})"));
  options.Clear();
  options.set_ratio(2.5);
  CHECK(work_of(job) == "compress (ratio 2.5, auto)");
  CHECK_FALSE(compresses(v1::Job{}));
}

TEST_CASE("a corpus job says what it does and how far its corpus is, where a node told") {
  auto job = half_done();
  job.set_operation("corpus");
  auto& corpus = *job.mutable_corpus();
  corpus.mutable_options()->set_duplicate_similarity(0.95);
  CHECK(work_of(job) == "corpus (clusters, near duplicates from 0.95)");
  corpus.mutable_options()->set_clusters(64);
  corpus.mutable_options()->set_duplicate_similarity(0);
  corpus.mutable_options()->set_extract_tokens(2'000);
  CHECK(work_of(job) == "corpus (64 clusters, 2 000 tokens of extract)");
  CHECK(job_line(job, 200).find("corpus") == std::string::npos);
  CHECK(to_json(job)["corpus"]["clusters"] == 64);
  CHECK_FALSE(to_json(job)["corpus"].contains("phase"));

  corpus.set_phase("running");
  corpus.set_epoch(17);
  corpus.set_ranks(3);
  corpus.set_step("iterations");
  corpus.set_iteration(7);
  CHECK(job_line(job, 200).find("  corpus running, iterations 7, 3 nodes") != std::string::npos);
  CHECK(job_text(job, false).find("corpus      running, iterations 7, 3 nodes, epoch 17\n") != std::string::npos);
  const auto object = to_json(job)["corpus"];
  CHECK(object["step"] == "iterations");
  CHECK(object["iteration"] == 7);
  CHECK(object["ranks"] == 3);
  CHECK_FALSE(object.contains("last_break"));
  CHECK(job_text(job, false).find("last break") == std::string::npos);
  corpus.set_last_break("unavailable: a node has gone");
  CHECK(to_json(job)["corpus"]["last_break"] == "unavailable: a node has gone");
  CHECK(job_text(job, false).find("last break  unavailable: a node has gone\n") != std::string::npos);
  corpus.set_phase("\x1b[31m");
  CHECK(job_text(job, false).find('\x1b') == std::string::npos);
  job.set_state(v1::JOB_STATE_DONE);
  CHECK(job_line(job, 200).find("corpus") == std::string::npos);
}
