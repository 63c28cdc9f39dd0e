#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/job_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;

namespace {

constexpr size_t sentences = 3'000, copies = 300;

/// Sentences, no two alike; then some of them again.
const std::vector<std::string>& corpus_texts() {
  static const auto all = [] {
    constexpr std::array people{"captain", "clerk", "teacher", "farmer", "nurse", "weaver", "baker", "judge"};
    constexpr std::array deeds{"counted", "painted", "sold", "mended", "lost", "described", "stole"};
    constexpr std::array things{"boats",   "letters", "bridges", "lamps", "horses", "books",
                                "engines", "maps",    "violins", "coats", "clocks"};
    constexpr std::array places{"harbour", "market", "library", "station", "garden", "mill",  "school",
                                "river",   "castle", "forest",  "theatre", "prison", "museum"};
    std::vector<std::string> out;
    for (size_t i = 0; i < sentences; ++i)
      out.push_back(std::string{"The "} + people[i % people.size()] + " " + deeds[i / 3 % deeds.size()] + " " +
                    std::to_string(i) + " " + things[i / 7 % things.size()] + " at the " +
                    places[i / 11 % places.size()] + ".");
    for (size_t i = 0; i < copies; ++i)
      out.push_back(out[i * 7]);
    return out;
  }();
  return all;
}

pb::JobOpening opening_of(const std::string& request_id) {
  pb::JobOpening out;
  out.set_request_id(request_id);
  auto& wish = *out.mutable_corpus();
  wish.set_clusters(512); // so that the work takes seconds
  wish.set_iterations(200);
  wish.set_extract_tokens(500);
  return out;
}

struct answer {
  pb::JobServiceCorpusResponse outcome;
  pb::JobServiceRankCorpusResponse hits;
};

const std::vector<std::string> queries{"Who repaired musical instruments?",
                                       "The captain counted 0 boats at the harbour."};

/// Ends the job well, reads its outcome, and asks what is near, through whichever node is there.
answer finish(job_client& jobs, const std::string& id, const std::function<bool(const std::function<bool()>&)>& wait) {
  const auto ended = jobs.wait_for_end(id, 180s);
  REQUIRE(ended.state() == pb::JOB_STATE_DONE);
  CHECK(ended.operation() == "corpus");
  CHECK(ended.items_done() == corpus_texts().size());
  job_client::corpus read;
  const bool came = wait([&] {
    read = jobs.read_corpus(id);
    return read.last.ok();
  });
  REQUIRE_MESSAGE(came, read.last.error_message());
  int labels = 0;
  for (const auto& run : read.whole.labels())
    labels += run.clusters_size();
  CHECK(labels == static_cast<int>(corpus_texts().size()));
  std::pair<grpc::Status, pb::JobServiceRankCorpusResponse> near;
  const bool found = wait([&] {
    near = jobs.rank_corpus(id, queries, 10);
    return near.first.ok();
  });
  REQUIRE_MESSAGE(found, near.first.error_message());
  return {read.whole, near.second};
}

/// What one node finds that is alone.
const answer& lone_answer() {
  static const answer out = [] {
    running_weftd alone{{"--set", "cluster.single_node=true"}};
    job_client jobs{{alone.process.client_address()}};
    const auto job = jobs.submit(opening_of("lone"), corpus_texts());
    REQUIRE(job.complete);
    return finish(jobs, job.id, [](const auto& condition) { return condition(); });
  }();
  return out;
}

/// "": the same to the bit.
std::string differs(const answer& got, const answer& want) {
  if (got.outcome.facts().SerializeAsString() != want.outcome.facts().SerializeAsString())
    return "facts: " + got.outcome.facts().ShortDebugString();
  if (got.outcome.SerializeAsString() != want.outcome.SerializeAsString())
    return "another outcome";
  return got.hits.SerializeAsString() == want.hits.SerializeAsString() ? "" : "other hits";
}

/// What a node knows of the job's corpus: only the one that leads knows more than the options.
std::string phase_at(const cluster_node& node, const std::string& id) {
  const auto job = job_client{{node.client_address()}}.get(id);
  return job ? job->corpus().phase() : "";
}

/// The node that leads, once ranks work; nothing: the job ended before that was seen.
std::optional<size_t> await_running(cluster_fixture& nodes, job_client& jobs, const std::string& id) {
  std::optional<size_t> leader;
  CHECK(nodes.comes_true(
      [&] {
        for (size_t i = 0; i < nodes.size() && !leader; ++i)
          if (phase_at(nodes[i], id) == "running")
            leader = i;
        const auto job = jobs.get(id);
        return leader || (job && has_ended(*job));
      },
      120s));
  return leader;
}

} // namespace

TEST_CASE("a lone node's outcome has every copy of a text, all items in clusters, and an extract within its budget") {
  const auto& outcome = lone_answer().outcome;
  CHECK(outcome.facts().items() == corpus_texts().size());
  CHECK(outcome.clusters_size() == 512);
  uint64_t items = 0, distinct = 0;
  for (const auto& cluster : outcome.clusters()) {
    items += cluster.items();
    distinct += cluster.distinct();
    if (cluster.has_representative())
      CHECK(cluster.text() == corpus_texts()[cluster.representative()]);
  }
  CHECK(items == corpus_texts().size());
  CHECK(items - distinct == static_cast<uint64_t>(outcome.duplicates_size()));
  std::vector<bool> is_duplicate(corpus_texts().size());
  for (const auto& each : outcome.duplicates()) {
    is_duplicate[each.item()] = true;
    CHECK(each.of() < each.item());
    CHECK_FALSE(is_duplicate[each.of()]);
  }
  for (size_t i = 0; i < copies; ++i)
    CHECK(is_duplicate[sentences + i]);
  CHECK(outcome.extract_size() > 0);
  CHECK(outcome.facts().extract_tokens() <= 500);
  for (const auto& pick : outcome.extract())
    CHECK(pick.text() == corpus_texts()[pick.item()]);
}

TEST_CASE("three nodes give what a lone one gives, and any of them finds what is near") {
  cluster_fixture nodes;
  job_client jobs{nodes.endpoints()};
  const auto job = jobs.submit(opening_of("three"), corpus_texts());
  REQUIRE(job.complete);
  const auto wait = [&](const auto& condition) { return nodes.comes_true(condition); };
  const auto got = finish(jobs, job.id, wait);
  CHECK(differs(got, lone_answer()) == "");

  // Against the vectors themselves.
  const auto vectors = jobs.results(job.id).items;
  REQUIRE(vectors.size() == corpus_texts().size());
  pb::EmbedRequest asked;
  asked.add_texts(queries[0]);
  const auto [status, reply] = nodes[0].embed(asked);
  REQUIRE(status.ok());
  std::vector<double> scores;
  for (const auto& item : vectors) {
    double dot = 0;
    for (int i = 0; i < reply.embeddings(0).values_size(); ++i)
      dot += double{reply.embeddings(0).values(i)} * item.embedding().values(i);
    scores.push_back(dot);
  }
  auto best = scores;
  std::sort(best.begin(), best.end(), std::greater<>{});
  REQUIRE(got.hits.queries(0).hits_size() == 10);
  for (int i = 0; i < 10; ++i) {
    const auto& hit = got.hits.queries(0).hits(i);
    CHECK(hit.text() == corpus_texts()[hit.item()]);
    CHECK(std::abs(hit.score() - scores[hit.item()]) < 0.02);
    CHECK(std::abs(hit.score() - best[static_cast<size_t>(i)]) < 0.02);
  }
  CHECK(got.hits.queries(1).hits(0).item() == 0);
  for (size_t i = 0; i < nodes.size(); ++i) {
    job_client one{{nodes[i].client_address()}};
    const auto near = one.rank_corpus(job.id, queries, 10);
    REQUIRE_MESSAGE(near.first.ok(), near.first.error_message());
    CHECK(near.second.SerializeAsString() == got.hits.SerializeAsString());
    CHECK(one.read_corpus(job.id).whole.SerializeAsString() == got.outcome.SerializeAsString());
  }
}

TEST_CASE("a node that is killed while ranks work costs no more than the step they were at") {
  for (const bool the_leader : {false, true}) {
    CAPTURE(the_leader);
    cluster_fixture nodes;
    job_client jobs{nodes.endpoints()};
    const auto job = jobs.submit(opening_of("killed"), corpus_texts());
    REQUIRE(job.complete);
    const auto leader = await_running(nodes, jobs, job.id);
    REQUIRE(leader);
    nodes[the_leader ? *leader : (*leader + 1) % nodes.size()].end(SIGKILL);
    const auto at_kill = jobs.get(job.id);
    REQUIRE(at_kill);
    std::cout << "killed " << (the_leader ? "the leader" : "a rank") << " while the job was "
              << pb::JobState_Name(at_kill->state()) << "\n";
    const auto wait = [&](const auto& condition) { return nodes.comes_true(condition, 120s); };
    CHECK(differs(finish(jobs, job.id, wait), lone_answer()) == "");
  }
}

TEST_CASE("what is no corpus job has no outcome, and one that has not ended has none yet") {
  cluster_fixture nodes;
  job_client jobs{nodes.endpoints()};
  const auto plain = jobs.submit("plain", {"a", "b"});
  REQUIRE(plain.complete);
  jobs.wait_for_end(plain.id);
  CHECK(jobs.read_corpus(plain.id).last.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(jobs.rank_corpus(plain.id, queries, 3).first.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(jobs.read_corpus(std::string(32, '0')).last.error_code() == grpc::StatusCode::NOT_FOUND);
  const auto young = jobs.submit(opening_of("young"), corpus_texts());
  REQUIRE(young.complete);
  CHECK(jobs.read_corpus(young.id).last.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}
