#include "tests/node/grpc/corpus_world.hpp"

#include <cmath>
#include <limits>
#include <thread>

using namespace weft;
using namespace weft::test;
namespace pb = weft::v1;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

std::shared_ptr<const std::string> text_of(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

pb::JobServiceRankCorpusRequest asking(const std::vector<std::string>& texts) {
  pb::JobServiceRankCorpusRequest out;
  out.set_id(id_of(1));
  for (const auto& text : texts)
    out.add_texts(text);
  return out;
}

void add_vector(pb::JobServiceRankCorpusRequest& to, const std::vector<float>& values) {
  to.add_vectors()->mutable_values()->Assign(values.begin(), values.end());
}

/// One RankCorpus, under way on a thread of its own.
class rank_client {
public:
  rank_client(const job_world& world, pb::JobServiceRankCorpusRequest in, const std::string& key = {})
      : in_(std::move(in)), stub_(world.stub.get()) {
    rpc_.set_deadline(soon());
    if (!key.empty())
      rpc_.AddMetadata("authorization", "Bearer " + key);
    thread_ = std::thread([this] { status_ = stub_->RankCorpus(&rpc_, in_, &out_); });
  }
  rank_client(const rank_client&) = delete;
  ~rank_client() {
    if (thread_.joinable())
      thread_.join();
  }
  const grpc::Status& end() {
    if (thread_.joinable())
      thread_.join();
    return status_;
  }
  const pb::JobServiceRankCorpusResponse& out() const { return out_; }

private:
  const pb::JobServiceRankCorpusRequest in_;
  pb::JobService::Stub* const stub_;
  grpc::ClientContext rpc_;
  pb::JobServiceRankCorpusResponse out_;
  grpc::Status status_;
  std::thread thread_;
};

auto next_get(const job_world& world) {
  REQUIRE(eventually([&] { return world.door->has_get(); }));
  return world.door->take_get();
}
auto next_query(const job_world& world) {
  REQUIRE(eventually([&] { return world.door->has_query(); }));
  return world.door->take_query();
}

grpc::Status refused(const job_world& world, const pb::JobServiceRankCorpusRequest& in) {
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  pb::JobServiceRankCorpusResponse out;
  return world.stub->RankCorpus(&rpc, in, &out);
}

} // namespace

TEST_CASE("texts are embedded by the job's model and options, and what is near comes back, query by query") {
  job_world world;
  auto in = asking({"first", "second"});
  in.set_count(3);
  rank_client client(world, in);
  auto job = some_corpus_job(1);
  job.header.spec.options.side = truncation_side::left;
  const auto looked_up = next_get(world);
  CHECK(to_text(looked_up.question.id) == id_of(1));
  looked_up.done(job);
  const auto asked = next_query(world);
  CHECK(to_text(asked.question.job.id) == id_of(1));
  CHECK(asked.question.count == 3);
  CHECK(asked.question.with_texts);
  CHECK(asked.question.model_version == "0123456789ab"); // of whoever embedded them
  auto vectors = fake_embedding("first").values;
  const auto second = fake_embedding("second").values;
  vectors.insert(vectors.end(), second.begin(), second.end());
  CHECK(asked.question.vectors == vectors);
  asked.done(corpus_hits{
      {{.item = 7, .score = 0.9, .text = text_of("seven")}, {.item = 2, .score = 0.5, .text = text_of("two")}}, {}});
  REQUIRE_MESSAGE(client.end().ok(), client.end().error_message());
  REQUIRE(client.out().queries_size() == 2);
  REQUIRE(client.out().queries(0).hits_size() == 2);
  CHECK(client.out().queries(0).hits(0).item() == 7);
  CHECK(client.out().queries(0).hits(0).score() == 0.9);
  CHECK(client.out().queries(0).hits(0).text() == "seven");
  CHECK(client.out().queries(0).hits(1).item() == 2);
  CHECK(client.out().queries(1).hits_size() == 0);
  CHECK(eventually([&] { return world.node.meter->count("rank_corpus", errc::none) == 1; }));
}

TEST_CASE("the call that embeds the queries has the job's model, options and numeric class") {
  fake_ingress::handler keep = [](const call_ptr& c) {
    CHECK(c->request().model == "mini");
    CHECK(c->request().options == embed_options{.side = truncation_side::left});
    CHECK(c->request().precision == numeric_class::int16);
    CHECK(c->request().texts == std::vector<std::string>{"q"});
    CHECK(c->context().tenant == "acme");
    answer(c);
  };
  const job_keys keys;
  auto door = std::make_shared<fake_job_door>();
  auto options = keys.options();
  options.jobs = door;
  test_node node(keep, options);
  const auto stub = pb::JobService::NewStub(node.channel);
  grpc::ClientContext rpc;
  rpc.AddMetadata("authorization", "Bearer " + keys.client);
  rpc.set_deadline(soon());
  pb::JobServiceRankCorpusResponse out;
  grpc::Status status;
  std::thread client([&] { status = stub->RankCorpus(&rpc, asking({"q"}), &out); });
  CHECK(eventually([&] { return door->has_get(); }));
  const auto asked = door->take_get();
  CHECK(asked.question.tenant == "acme");
  CHECK_FALSE(asked.question.all_tenants);
  auto job = some_corpus_job(1);
  job.header.spec.options.side = truncation_side::left;
  job.header.spec.corpus = encode(corpus_terms{{}, numeric_class::int16});
  asked.done(job);
  CHECK(eventually([&] { return door->has_query(); }));
  door->take_query().done(corpus_hits{{}});
  client.join();
  CHECK(status.ok());
}

TEST_CASE("vectors are taken whatever their length is, with the version that their client names") {
  job_world world;
  auto in = asking({});
  add_vector(in, {1, 2, 3});
  add_vector(in, {4, 5, 6});
  in.set_model_version("v1");
  in.set_without_texts(true);
  rank_client client(world, in);
  const auto asked = next_query(world);
  // Scaled to length 1, so that scores are cosines.
  REQUIRE(asked.question.vectors.size() == 6);
  for (int i = 0; i < 6; ++i)
    CHECK(asked.question.vectors[i] == doctest::Approx((i + 1) / std::sqrt(i < 3 ? 14.0 : 77.0)));
  CHECK(asked.question.model_version == "v1");
  CHECK(asked.question.count == 10);
  CHECK_FALSE(asked.question.with_texts);
  CHECK_FALSE(world.door->has_get());
  asked.done(corpus_hits{{}, {}});
  CHECK(client.end().ok());
  CHECK(client.out().queries_size() == 2);
}

TEST_CASE("what cannot be asked of a corpus's items is refused before anybody works") {
  using change = void (*)(pb::JobServiceRankCorpusRequest&);
  job_world world;
  for (const auto& [field, make] : std::initializer_list<std::pair<const char*, change>>{
           {"id", [](auto& in) { in.set_id("7"); }},
           {"texts", [](auto& in) { in.clear_texts(); }},
           {"count", [](auto& in) { in.set_count(1'001); }},
           {"vectors", [](auto& in) { add_vector(in, {1}); }},
           {"vectors",
            [](auto& in) {
              in.clear_texts();
              add_vector(in, {1, 2});
              add_vector(in, {1});
            }},
           {"vectors",
            [](auto& in) {
              in.clear_texts();
              add_vector(in, {});
            }},
           {"vectors",
            [](auto& in) {
              in.clear_texts();
              add_vector(in, {infinite, 1});
            }},
       }) {
    CAPTURE(field);
    auto in = asking({"q"});
    make(in);
    const auto status = refused(world, in);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(status).metadata().at("field") == field);
  }
  const auto many = refused(world, asking(std::vector<std::string>(257, "q")));
  CHECK(error_info(many).metadata().at("limit") == "256");
  CHECK_FALSE(world.door->has_get());
  CHECK_FALSE(world.door->has_query());
}

TEST_CASE("a job that is unknown or no corpus, a text that cannot be embedded, and what the door refuses are told") {
  job_world world;
  const auto reason = [](rank_client& client) { return error_info(client.end()).reason(); };
  rank_client unknown(world, asking({"q"}));
  next_get(world).done(failure{errc::unknown_job, "no such job"});
  CHECK(reason(unknown) == "UNKNOWN_JOB");
  rank_client plain(world, asking({"q"}));
  next_get(world).done(some_job(1));
  CHECK(reason(plain) == "INVALID_ARGUMENT");
  CHECK(plain.end().error_message().find("this job is to embed") != std::string::npos);
  rank_client early(world, asking({"q"}));
  next_get(world).done(some_corpus_job(1));
  next_query(world).done(failure{errc::unavailable, "the job has not ended"});
  CHECK(reason(early) == "UNAVAILABLE");

  auto door = std::make_shared<fake_job_door>();
  auto options = on_any_port();
  options.jobs = door;
  for (const bool lost : {true, false}) {
    test_node node(
        [lost](const call_ptr& c) {
          if (!lost)
            c->fail({errc::invalid_utf8, "text 0 is not UTF-8", {{"item", "0"}}});
        },
        options);
    const auto stub = pb::JobService::NewStub(node.channel);
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    pb::JobServiceRankCorpusResponse out;
    grpc::Status status;
    std::thread client([&] { status = stub->RankCorpus(&rpc, asking({"q"}), &out); });
    CHECK(eventually([&] { return door->has_get(); }));
    door->take_get().done(some_corpus_job(1));
    client.join();
    CHECK(error_info(status).reason() == (lost ? "UNAVAILABLE" : "INVALID_UTF8"));
  }
}

TEST_CASE("hits have a share of the node's memory, and no reply is larger than it may be") {
  auto options = on_any_port();
  options.reply_bytes_max = 100 << 10;
  job_world world{options};
  auto in = asking({});
  add_vector(in, {1});
  rank_client first(world, in);
  const auto asked = next_query(world);
  auto large = in;
  large.set_count(1'000);
  for (int i = 0; i < 99; ++i)
    add_vector(large, {1});
  CHECK(error_info(refused(world, large)).reason() == "OVERLOADED");
  asked.done(corpus_hits{{{.item = 1, .score = 1, .text = text_of(std::string(200 << 10, 'x'))}}});
  CHECK(error_info(first.end()).reason() == "OVERLOADED");

  job_world roomy;
  rank_client second(roomy, in);
  const auto text = text_of(std::string(16 << 20, 'x'));
  corpus_hits hits{{}};
  for (uint64_t i = 0; i < 4; ++i)
    hits[0].push_back({.item = i, .score = 1, .text = text});
  next_query(roomy).done(hits);
  CHECK(error_info(second.end()).metadata().at("limit") == std::to_string(64 << 20));
  CHECK(error_info(second.end()).reason() == "CALL_TOO_LARGE");
}

TEST_CASE("a node that drains ranks nothing") {
  job_world world;
  world.node.server.drain({});
  CHECK(error_info(refused(world, asking({"q"}))).reason() == "DRAINING");
}
