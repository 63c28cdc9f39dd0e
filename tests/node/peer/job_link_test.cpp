#include "node/peer/convert_jobs.hpp"
#include "node/peer/grpc_job_link.hpp"
#include "node/peer/peer_server.hpp"
#include "runtime/job/record_codec.hpp"
#include "tests/node/grpc/test_node.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>
#include <variant>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

namespace pb = weft::peer::v1;

job_header header(uint64_t number) {
  job_header out;
  out.id = {.high = number, .low = ~number};
  out.spec.tenant = "acme";
  out.spec.request_id = "r" + std::to_string(number);
  out.spec.model = "mini";
  out.items_total = number;
  out.stamp = {.writer = node_id{7}, .sequence = number};
  return out;
}

segment_record record(uint64_t number, size_t text_bytes = 3) {
  segment_texts texts;
  texts.spec = header(number).spec;
  texts.texts = {std::string(text_bytes, '\xfe'), ""};
  return make_record({.job = header(number).id, .index = static_cast<uint32_t>(number)}, 256 * number, texts);
}

bool equal(const segment_record& a, const segment_record& b) {
  return a.meta == b.meta && *a.body == *b.body;
}

/// A node with jobs on a free port, and the way to it.
struct jobs_peer {
  explicit jobs_peer(jobs_asked asked, const job_link_options& link_options = {}) {
    peer_server_options options;
    options.jobs = std::move(asked);
    server = std::make_unique<peer_server>(options, entrance, meter);
    const auto started = server->start();
    REQUIRE(started);
    member.data_address = "127.0.0.1:" + std::to_string(*started);
    auto made = grpc_job_link::make(link_options);
    REQUIRE(made);
    link = *made;
  }
  result<job_answer> ask(job_request request, std::chrono::milliseconds within = 30s) const {
    const auto end = std::make_shared<std::promise<result<job_answer>>>();
    link->ask(member, std::move(request), within,
              [end](result<job_answer> answer) { end->set_value(std::move(answer)); });
    return end->get_future().get();
  }

  fake_ingress entrance{weft::test::answer};
  std::shared_ptr<counting_meter> meter = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server;
  cluster_member member;
  std::shared_ptr<grpc_job_link> link;
};

/// A node that gives the same answer to everything, and keeps what it was asked last.
struct one_answer {
  job_answer answer;
  std::optional<job_request> asked;
  jobs_asked door() {
    return [this](job_request request, const auto& done) {
      asked = std::move(request);
      done(answer);
    };
  }
};

} // namespace

TEST_CASE("records arrive at another node as they were sent") {
  one_answer node{records_kept{}, {}};
  const jobs_peer peer{node.door()};
  const keep_records sent{.headers = {header(1), header(2)}, .segments = {record(3), record(4)}};
  const auto kept = peer.ask(sent);
  REQUIRE(kept);
  CHECK(std::holds_alternative<records_kept>(*kept));
  REQUIRE(node.asked);
  const auto& came = std::get<keep_records>(*node.asked);
  CHECK(came.headers == sent.headers);
  REQUIRE(came.segments.size() == 2);
  CHECK(equal(came.segments[0], sent.segments[0]));
  CHECK(equal(came.segments[1], sent.segments[1]));
}

TEST_CASE("segments are given by their ids, and what is not there is empty") {
  one_answer node{segments_fetched{{record(1), std::nullopt, record(3)}}, {}};
  const jobs_peer peer{node.door()};
  const std::vector<segment_id> ids{record(1).meta.id, record(2).meta.id, record(3).meta.id};
  const auto answer = peer.ask(fetch_segments{ids});
  REQUIRE(answer);
  CHECK(std::get<fetch_segments>(*node.asked).ids == ids);
  const auto& found = std::get<segments_fetched>(*answer).segments;
  REQUIRE(found.size() == 3);
  REQUIRE(found[0]);
  CHECK(equal(*found[0], record(1)));
  CHECK_FALSE(found[1]);
  REQUIRE(found[2]);
  CHECK(equal(*found[2], record(3)));
}

TEST_CASE("a survey tells the header, the metas and where to go on") {
  one_answer node{job_surveyed{header(1), {record(1).meta, record(2).meta}, 17}, {}};
  const jobs_peer peer{node.door()};
  auto answer = peer.ask(survey_job{.job = header(1).id, .first_segment = 5, .segments_max = 2});
  REQUIRE(answer);
  const auto& asked = std::get<survey_job>(*node.asked);
  CHECK(asked.job == header(1).id);
  CHECK(asked.first_segment == 5);
  CHECK(asked.segments_max == 2);
  const auto& surveyed = std::get<job_surveyed>(*answer);
  CHECK(surveyed.header == header(1));
  CHECK(surveyed.segments == std::vector<segment_meta>{record(1).meta, record(2).meta});
  CHECK(surveyed.next == 17U);
  node.answer = job_surveyed{};
  answer = peer.ask(survey_job{.job = header(1).id});
  REQUIRE(answer);
  CHECK_FALSE(std::get<job_surveyed>(*answer).header);
  CHECK_FALSE(std::get<job_surveyed>(*answer).next);
}

TEST_CASE("sums are compared, bucket by bucket") {
  one_answer node{records_compared{true, {0, 255}, {9}, {header(4)}, {record(5).meta}}, {}};
  const jobs_peer peer{node.door()};
  compare_records question{.from = node_id{42}, .view_hash = 99, .header_sums = {}, .segment_sums = {}};
  for (size_t i = 0; i < compare_buckets; ++i) {
    question.header_sums[i] = i;
    question.segment_sums[i] = ~i;
  }
  const auto answer = peer.ask(question);
  REQUIRE(answer);
  const auto& asked = std::get<compare_records>(*node.asked);
  CHECK(asked.from == node_id{42});
  CHECK(asked.view_hash == 99);
  CHECK(asked.header_sums == question.header_sums);
  CHECK(asked.segment_sums == question.segment_sums);
  const auto& compared = std::get<records_compared>(*answer);
  CHECK(compared.same_view);
  CHECK(compared.header_buckets == std::vector<uint32_t>{0, 255});
  CHECK(compared.segment_buckets == std::vector<uint32_t>{9});
  CHECK(compared.headers == std::vector<job_header>{header(4)});
  CHECK(compared.segments == std::vector<segment_meta>{record(5).meta});
}

TEST_CASE("texts that are tried elsewhere come back with their outcomes") {
  segment_results results;
  results.model = "mini";
  results.items = {{.value = {.values = {1, 2, 3}, .tokens = 4}}, {.code = errc::engine_failed, .message = "poison"}};
  results.computed_by = node_id{3};
  one_answer node{texts_tried{results}, {}};
  const jobs_peer peer{node.door()};
  segment_texts work;
  work.spec = header(1).spec;
  work.texts = {"a", "\xff"};
  const auto answer = peer.ask(try_texts{work});
  REQUIRE(answer);
  CHECK(std::get<try_texts>(*node.asked).work.texts == work.texts);
  CHECK(std::get<try_texts>(*node.asked).work.spec == work.spec);
  CHECK(encode(std::get<texts_tried>(*answer).results) == encode(results));
}

TEST_CASE("orders and searches of corpora and their answers arrive byte for byte") {
  const std::string bytes("any\0bytes\xFF", 10);
  one_answer node{corpus_exchanged{bytes + "2"}, {}};
  const jobs_peer peer{node.door()};
  const auto report = peer.ask(corpus_exchange{bytes});
  REQUIRE(report);
  CHECK(std::get<corpus_exchange>(*node.asked).bytes == bytes);
  CHECK(std::get<corpus_exchanged>(*report).bytes == bytes + "2");
  node.answer = corpus_searched{bytes + "4"};
  const auto hits = peer.ask(corpus_search{bytes + "3"});
  REQUIRE(hits);
  CHECK(std::get<corpus_search>(*node.asked).bytes == bytes + "3");
  CHECK(std::get<corpus_searched>(*hits).bytes == bytes + "4");
}

TEST_CASE("what is larger than a message goes in several, and is kept when all of them are") {
  keep_records sent;
  for (uint64_t i = 0; i < 40; ++i) {
    sent.headers.push_back(header(i));
    sent.segments.push_back(record(i, 1 << 20)); // 40 MiB
  }
  std::mutex mutex;
  std::vector<uint32_t> came;
  size_t messages = 0;
  size_t refused = SIZE_MAX; ///< this one
  const jobs_peer peer{[&](job_request request, const auto& done) {
    const std::lock_guard hold(mutex);
    for (const auto& segment : std::get<keep_records>(request).segments)
      came.push_back(segment.meta.id.index);
    if (messages++ == refused)
      done(failure{errc::storage_full, "full"});
    else
      done(job_answer{records_kept{}});
  }};
  REQUIRE(peer.ask(sent));
  CHECK(messages == 3);
  std::sort(came.begin(), came.end());
  REQUIRE(came.size() == 40);
  for (uint32_t i = 0; i < 40; ++i)
    CHECK(came[i] == i);
  messages = 0;
  refused = 1;
  const auto partly = peer.ask(sent);
  REQUIRE_FALSE(partly);
  CHECK(partly.error().code == errc::storage_full);
}

TEST_CASE("a record that no message can hold is refused at once, a large one travels alone") {
  one_answer node{records_kept{}, {}};
  const jobs_peer peer{node.door()};
  CHECK(peer.ask(keep_records{{}, {record(1, 30 << 20)}}));
  const auto refused = peer.ask(keep_records{{}, {record(1, 33 << 20)}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
}

TEST_CASE("a large answer ends early, but not before its first record") {
  segments_fetched large;
  for (uint64_t i = 0; i < 3; ++i)
    large.segments.emplace_back(record(i, job_message_bytes_max / 2 - 1'000));
  pb::FetchSegmentsResponse cut;
  write_message(large, cut);
  CHECK(cut.segments_size() == 2);
  large.segments = {record(1, job_message_bytes_max + 1), record(2)};
  pb::FetchSegmentsResponse one;
  write_message(large, one);
  CHECK(one.segments_size() == 1);
}

TEST_CASE("a refusal keeps its reason; a node without jobs, one that is gone and one unknown are unavailable") {
  const job_request question = fetch_segments{{record(1).meta.id}};
  jobs_peer peer{[](const job_request&, const auto& done) { done(failure{errc::overloaded, "busy", {}, 250ms}); }};
  const auto busy = peer.ask(question);
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == errc::overloaded);
  CHECK(busy.error().retry_after == std::chrono::milliseconds{250});
  CHECK(jobs_peer{{}}.ask(question).error().code == errc::unavailable);
  peer.server->shutdown(0ms);
  CHECK(peer.ask(question).error().code == errc::unavailable);
  peer.member.data_address.clear();
  CHECK(peer.ask(question).error().code == errc::unavailable);
}

TEST_CASE("unanswered questions are bounded in time and number, and end with the link") {
  std::mutex mutex; // guards the next two
  bool keeps = true;
  std::vector<std::function<void(result<job_answer>)>> kept;
  const jobs_peer peer{[&](const job_request&, auto done) {
                         const std::lock_guard hold(mutex);
                         if (keeps)
                           kept.push_back(std::move(done));
                         else
                           done(job_answer{segments_fetched{}});
                       },
                       {.asks_max = 1}};
  const job_request question = fetch_segments{{record(1).meta.id}};
  CHECK(peer.ask(question, 50ms).error().code == errc::deadline_exceeded);
  std::promise<errc> ended;
  peer.link->ask(peer.member, question, 60s, [&](const auto& answer) { ended.set_value(answer.error().code); });
  CHECK(peer.ask(question).error().code == errc::overloaded);
  peer.link->close();
  CHECK(ended.get_future().get() == errc::unavailable);
  CHECK(peer.ask(question).error().code == errc::unavailable);
  const std::lock_guard hold(mutex); // late answers go nowhere, but the server waits for them when it stops
  keeps = false;
  for (const auto& done : kept)
    done(job_answer{segments_fetched{}});
}

TEST_CASE("messages that no node sends are refused, and damaged records are as if they were not there") {
  const auto refused = [](auto read) { return !read && read.error().code == errc::invalid_argument; };
  pb::KeepRecordsRequest keep;
  keep.add_headers("nonsense");
  CHECK(refused(read_message(keep)));
  keep.clear_headers();
  write_message(keep_records{{}, {record(1)}}, keep);
  keep.mutable_segments(0)->mutable_body()->back() ^= 1;
  CHECK(refused(read_message(keep)));
  pb::FetchSegmentsRequest ids;
  for (uint32_t i = 0; i <= segments_asked_max; ++i)
    ids.add_ids();
  CHECK(refused(read_message(ids)));
  pb::CompareRecordsRequest sums;
  write_message(compare_records{}, sums);
  sums.add_header_sums(1);
  CHECK(refused(read_message(sums)));
  pb::CompareRecordsResponse compared;
  compared.add_header_buckets(compare_buckets);
  CHECK(refused(read_message(compared)));
  pb::TryTextsRequest texts;
  texts.set_work("?");
  CHECK(refused(read_message(texts)));

  pb::FetchSegmentsResponse found;
  write_message(segments_fetched{{record(1), record(2)}}, found);
  found.mutable_segments(0)->mutable_record()->mutable_body()->back() ^= 1;
  const auto read = read_message(found);
  REQUIRE(read);
  CHECK_FALSE(read->segments[0]);
  CHECK(read->segments[1]);
}

TEST_CASE("an answer to another question is an error of the node that gives it") {
  one_answer node{records_kept{}, {}};
  const jobs_peer peer{node.door()};
  const auto answer = peer.ask(survey_job{.job = header(1).id});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == errc::internal);
}
