#include "runtime/base/shorten.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "tests/node/grpc/corpus_world.hpp"

using namespace weft;
using namespace weft::test;
namespace pb = weft::v1;

namespace {

pb::JobServiceSubmitRequest corpus_opening() {
  pb::JobServiceSubmitRequest out;
  out.mutable_open()->set_request_id("library");
  out.mutable_open()->mutable_corpus();
  return out;
}

} // namespace

TEST_CASE("a corpus job is opened with its options, and told with them and with how far it is") {
  job_world world;
  submit_client client(world);
  auto in = corpus_opening();
  auto& wish = *in.mutable_open()->mutable_corpus();
  wish.mutable_embed()->set_truncation_side(pb::TRUNCATION_SIDE_LEFT);
  wish.set_clusters(64);
  wish.set_iterations(7);
  wish.set_seed(0);
  wish.set_duplicate_similarity(0.9);
  wish.set_extract_tokens(2'000);
  REQUIRE(client.stream->Write(in));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  const auto asked = world.door->open_at();
  CHECK(asked.opening.options == embed_options{.side = truncation_side::left});
  const auto wanted = decode_corpus_options(asked.opening.corpus);
  REQUIRE(wanted);
  CHECK(*wanted ==
        corpus_options{
            .clusters = 64, .iterations_max = 7, .seed = 0, .duplicate_similarity = 9'000, .extract_tokens = 2'000});

  auto job = some_corpus_job(1);
  job.header.spec.options = asked.opening.options;
  job.header.spec.corpus = encode(corpus_terms{*wanted, numeric_class::bf16});
  asked.listener->on_open(job);
  const auto young = client.next().opened().job();
  CHECK(young.operation() == "corpus");
  CHECK(young.options().truncation_side() == pb::TRUNCATION_SIDE_LEFT);
  CHECK(young.corpus().options().embed().truncation_side() == pb::TRUNCATION_SIDE_LEFT);
  CHECK(young.corpus().options().clusters() == 64);
  CHECK(young.corpus().options().iterations() == 7);
  CHECK(young.corpus().options().has_seed());
  CHECK(young.corpus().options().seed() == 0);
  CHECK(young.corpus().options().duplicate_similarity() == 0.9);
  CHECK(young.corpus().options().extract_tokens() == 2'000);
  CHECK(young.corpus().phase().empty());

  job.corpus = corpus_standing{
      .phase = "running", .epoch = 17, .ranks = 3, .step = "iterations", .iteration = 4, .last_break = "internal: x"};
  asked.listener->on_end(job);
  const auto led = client.next().completed().job().corpus();
  CHECK(led.phase() == "running");
  CHECK(led.epoch() == 17);
  CHECK(led.ranks() == 3);
  CHECK(led.step() == "iterations");
  CHECK(led.iteration() == 4);
  CHECK(led.last_break() == "internal: x");
  CHECK(client.end().ok());
}

TEST_CASE("a corpus job without options has the defaults, and of duplicates a 0 means none") {
  for (const bool none : {true, false}) {
    job_world world;
    submit_client client(world);
    auto in = corpus_opening();
    if (none)
      in.mutable_open()->mutable_corpus()->set_duplicate_similarity(0);
    REQUIRE(client.stream->Write(in));
    REQUIRE(eventually([&] { return world.door->has_opened(); }));
    const auto wanted = decode_corpus_options(world.door->open_at().opening.corpus);
    REQUIRE(wanted);
    CHECK(*wanted == corpus_options{.duplicate_similarity = none ? 0 : corpus_options{}.duplicate_similarity});
    client.rpc.TryCancel();
  }
}

TEST_CASE("what cannot be asked of a corpus is refused, by its field") {
  using change = void (*)(pb::CorpusOptions&);
  job_world world;
  for (const auto& [field, make] : std::initializer_list<std::pair<const char*, change>>{
           {"open.corpus.embed.normalize", [](auto& in) { in.mutable_embed()->set_normalize(false); }},
           {"open.corpus.embed.encoding", [](auto& in) { in.mutable_embed()->set_encoding(pb::VECTOR_ENCODING_INT8); }},
           {"open.corpus.embed.truncation_side",
            [](auto& in) { in.mutable_embed()->set_truncation_side(static_cast<pb::TruncationSide>(9)); }},
           {"open.corpus", [](auto& in) { in.set_clusters(65'537); }},
           {"open.corpus", [](auto& in) { in.set_iterations(1'001); }},
           {"open.corpus", [](auto& in) { in.set_extract_tokens(UINT64_MAX); }},
           {"open.corpus.duplicate_similarity", [](auto& in) { in.set_duplicate_similarity(1.01); }},
           {"open.corpus.duplicate_similarity", [](auto& in) { in.set_duplicate_similarity(-0.5); }},
           {"open.corpus.duplicate_similarity", [](auto& in) { in.set_duplicate_similarity(0.00001); }},
           {"open.corpus.duplicate_similarity", [](auto& in) { in.set_duplicate_similarity(std::nan("")); }},
       }) {
    CAPTURE(field);
    submit_client client(world);
    auto in = corpus_opening();
    make(*in.mutable_open()->mutable_corpus());
    client.stream->Write(in);
    const auto status = client.end();
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(status).metadata().at("field") == field);
  }
  CHECK_FALSE(world.door->has_opened());
}

TEST_CASE("an outcome comes as facts, clusters, duplicates and extract, with the items of the job") {
  job_world world;
  corpus_client client(world);
  answer_reading(world, small_reading());
  const auto out = client.all();
  REQUIRE(out.messages == 1);
  CHECK(out.facts.items() == 5);
  CHECK(out.facts.items_failed() == 2);
  CHECK(out.facts.dimensions() == 2);
  CHECK(out.facts.clusters() == 3);
  CHECK(out.facts.duplicates() == 1);
  CHECK(out.facts.picks() == 2);
  CHECK(out.facts.iterations() == 4);
  CHECK(out.facts.extract_tokens() == 11);
  CHECK(out.facts.model_version() == "v1");
  CHECK_FALSE(out.facts.has_error());

  REQUIRE(out.clusters.size() == 3);
  CHECK(out.clusters[0].items() == 3);
  CHECK(out.clusters[0].distinct() == 2);
  CHECK(out.clusters[0].representative() == 0);
  CHECK(out.clusters[0].text() == "zero");
  // 100 · 128 / (|(100, 0)| · 2^7): as near as can be.
  CHECK(out.clusters[0].similarity() == doctest::Approx(1));
  CHECK(out.clusters[1].items() == 0);
  CHECK_FALSE(out.clusters[1].has_representative());
  CHECK(out.clusters[2].representative() == 6); // 4 in the corpus: items 1 and 2 failed
  CHECK(out.clusters[2].text() == "six");
  CHECK(out.clusters[2].similarity() == doctest::Approx(0.5));

  REQUIRE(out.duplicates.size() == 1);
  CHECK(out.duplicates[0].item() == 3);
  CHECK(out.duplicates[0].of() == 0);
  REQUIRE(out.extract.size() == 2);
  CHECK(out.extract[0].item() == 0);
  CHECK(out.extract[0].text() == "zero");
  CHECK(out.extract[1].item() == 6);
  CHECK(out.extract[1].cluster() == 2);
  CHECK(out.extract[1].tokens() == 6);
  CHECK(out.end.ok());
  CHECK(eventually([&] { return world.node.meter->count("read_corpus", errc::none) == 1; }));
}

TEST_CASE("the cluster of each item comes where it is asked for, in runs of items that have one") {
  job_world world;
  corpus_client without(world);
  answer_reading(world, small_reading());
  CHECK(without.all().labels.empty());

  corpus_client client(world, {}, true);
  answer_reading(world, small_reading());
  const auto out = client.all();
  REQUIRE(out.labels.size() == 2);
  CHECK(out.labels[0].item() == 0);
  CHECK(std::vector<uint32_t>(out.labels[0].clusters().begin(), out.labels[0].clusters().end()) ==
        std::vector<uint32_t>{0});
  CHECK(out.labels[1].item() == 3); // 1 and 2 failed
  CHECK(std::vector<uint32_t>(out.labels[1].clusters().begin(), out.labels[1].clusters().end()) ==
        std::vector<uint32_t>{0, 2, 0, 2});
  CHECK(out.extract.size() == 2);
  CHECK(out.end.ok());
}

TEST_CASE("a large outcome leaves in messages of a megabyte, long texts alone, and nothing of it is lost") {
  auto reading = small_reading();
  auto outcome = small_outcome();
  constexpr uint32_t many = 150'000, clusters = 1'000;
  outcome.gaps = *item_gaps::of({}, many);
  auto& result = *outcome.result;
  result.facts.items = many;
  result.centroids.assign(size_t{clusters} * 2, 50);
  result.clusters.assign(clusters, {.items = many / clusters, .distinct = 1, .representative = 7, .similarity = 1});
  result.labels.clear();
  for (uint32_t item = 0; item < many; ++item)
    result.labels.push_back(item % clusters);
  result.duplicates.clear();
  for (uint32_t item = 1; item < many; ++item)
    result.duplicates.push_back({.item = item, .kept = 0});
  result.extract = {{.item = 1, .cluster = 0, .tokens = 1},
                    {.item = 2, .cluster = 0, .tokens = 1},
                    {.item = 3, .cluster = 0, .tokens = 1}};
  reading.outcome = encode(outcome);
  // 4 095 bytes, then characters of two: one would be cut in its middle.
  std::string long_text(4'095, 'x');
  while (long_text.size() < 9'000)
    long_text += "ä";
  reading.representatives.assign(clusters, long_text);
  reading.extract = {"short", std::string(3 << 20, 'y'), "last"};

  job_world world;
  corpus_client client(world, {}, true);
  answer_reading(world, reading);
  const auto out = client.all();
  CHECK(out.end.ok());
  CHECK(out.messages >= 8);
  CHECK(out.second_largest < (1 << 20) + 65'536);
  REQUIRE(out.clusters.size() == clusters);
  for (const auto& cluster : out.clusters)
    REQUIRE(cluster.text() == std::string(4'095, 'x') + std::string{cut_mark});
  REQUIRE(out.duplicates.size() == many - 1);
  for (uint32_t i = 0; i + 1 < many; ++i)
    REQUIRE(out.duplicates[i].item() == i + 1);
  REQUIRE(out.extract.size() == 3);
  CHECK(out.extract[1].text().size() == size_t{3} << 20);
  CHECK(out.extract[2].text() == "last");
  uint64_t next = 0;
  for (const auto& run : out.labels) {
    REQUIRE(run.item() == next);
    for (const auto cluster : run.clusters())
      REQUIRE(cluster == next++ % clusters);
  }
  CHECK(next == many);
}

TEST_CASE("a corpus without a result says why, and a client hears what the door says") {
  job_world world;
  corpus_client failed(world);
  auto outcome = small_outcome();
  outcome.result.reset();
  outcome.why = errc::engine_failed;
  outcome.message = "four tries failed";
  answer_reading(
      world,
      corpus_reading{.job = some_corpus_job(1), .outcome = encode(outcome), .representatives = {}, .extract = {}});
  const auto out = failed.all();
  CHECK(out.end.ok());
  CHECK(out.messages == 1);
  CHECK(out.facts.items() == 5);
  CHECK(out.facts.error().reason() == "ENGINE_FAILED");
  CHECK(out.facts.error().message() == "four tries failed");
  for (const auto code : {errc::unknown_job, errc::job_removed, errc::unavailable, errc::invalid_argument}) {
    corpus_client client(world);
    answer_reading(world, failure{code, "no"});
    CHECK(error_info(client.all().end).reason() == to_string(code));
  }
  corpus_client damaged(world);
  answer_reading(world,
                 corpus_reading{.job = some_corpus_job(1), .outcome = "garbage", .representatives = {}, .extract = {}});
  CHECK(error_info(damaged.all().end).reason() == "STATE_DAMAGED");
}

TEST_CASE("an outcome is asked for as the caller's, has a share of the node's memory, and ends with node and client") {
  const job_keys keys;
  auto options = keys.options();
  options.reply_bytes_max = 10'000;
  job_world world{options};
  corpus_client first(world, keys.client);
  REQUIRE(eventually([&] { return world.door->has_reading(); }));
  const auto asked = world.door->take_reading();
  CHECK(to_text(asked.question.id) == id_of(1));
  CHECK(asked.question.tenant == "acme");
  CHECK_FALSE(asked.question.all_tenants);
  auto large = small_reading();
  large.extract[0].assign(20 << 20, 'z'); // more than the windows on the way: it is not read yet
  asked.done(large);
  corpus_client second(world, keys.boss);
  REQUIRE(eventually([&] { return world.door->has_reading(); }));
  const auto other = world.door->take_reading();
  CHECK(other.question.all_tenants);
  other.done(small_reading());
  CHECK(error_info(second.all().end).reason() == "OVERLOADED");
  first.rpc.TryCancel();
  CHECK(first.all().end.error_code() == grpc::StatusCode::CANCELLED);
  // Given back with the stream.
  CHECK(eventually([&] {
    corpus_client again(world, keys.boss);
    answer_reading(world, small_reading());
    return again.all().end.ok();
  }));
  corpus_client last(world, keys.boss);
  REQUIRE(eventually([&] { return world.door->has_reading(); }));
  world.node.server.drain({});
  CHECK(error_info(last.all().end).reason() == "DRAINING");
  world.door->take_reading().done(small_reading()); // too late for anybody
}

TEST_CASE("a node without jobs says so of corpora, and an id that is none is refused") {
  test_node none;
  const auto stub = pb::JobService::NewStub(none.channel);
  grpc::ClientContext reading, ranking, wrong;
  pb::JobServiceCorpusRequest read;
  read.set_id(id_of(1));
  CHECK(error_info(stub->Corpus(&reading, read)->Finish()).reason() == "UNAVAILABLE");
  pb::JobServiceRankCorpusRequest rank;
  rank.set_id(id_of(1));
  rank.add_texts("q");
  pb::JobServiceRankCorpusResponse out;
  CHECK(error_info(stub->RankCorpus(&ranking, rank, &out)).reason() == "UNAVAILABLE");
  job_world world;
  read.set_id("17");
  CHECK(error_info(world.stub->Corpus(&wrong, read)->Finish()).metadata().at("field") == "id");
}
