#include "tests/node/grpc/compress_world.hpp"
#include "tests/node/grpc/job_world.hpp"

using namespace weft;
using namespace weft::test;
namespace pb = weft::v1;

namespace {

pb::JobServiceSubmitRequest compress_opening() {
  pb::JobServiceSubmitRequest out;
  out.mutable_open()->set_request_id("night");
  out.mutable_open()->mutable_compress()->set_ratio(8);
  return out;
}

} // namespace

TEST_CASE("a job that compresses is opened with the canonical form of its options, and answered with them") {
  job_world world;
  submit_client client(world);
  auto in = compress_opening();
  auto& wish = *in.mutable_open()->mutable_compress();
  wish.set_strategy(pb::COMPRESS_STRATEGY_FREQUENCY);
  wish.set_query("why?");
  wish.add_keep(pb::KEEP_KIND_NAMES);
  wish.add_patterns("ERR.*");
  REQUIRE(client.stream->Write(in));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  const auto asked = world.door->open_at();
  compress_parameters want;
  want.ratio = 8;
  want.strategy = compress_strategy::frequency;
  want.query = "why?";
  want.keep = {keep_kind::names};
  want.patterns = {"ERR.*"};
  CHECK(asked.opening.options == embed_options{.compress = canonical_form(want)});

  auto job = some_job(1);
  job.header.spec.operation = "compress";
  job.header.spec.options = asked.opening.options;
  asked.listener->on_open(job);
  const auto opened = client.next().opened().job();
  CHECK(opened.operation() == "compress");
  CHECK_FALSE(opened.has_options());
  CHECK(opened.compress().ratio() == 8);
  CHECK_FALSE(opened.compress().has_tokens());
  CHECK(opened.compress().strategy() == pb::COMPRESS_STRATEGY_FREQUENCY);
  CHECK(opened.compress().counter() == pb::TOKEN_COUNTER_WORDPIECE);
  CHECK(opened.compress().query() == "why?");
  CHECK(opened.compress().keep(0) == pb::KEEP_KIND_NAMES);
  CHECK(opened.compress().patterns(0) == "ERR.*");
  client.rpc.TryCancel();
}

TEST_CASE("a job whose options cannot be meant, or whose vectors would not be float32, is not opened") {
  using change = void (*)(pb::JobServiceSubmitRequest&);
  job_world world;
  for (const auto& [field, make] : std::initializer_list<std::pair<const char*, change>>{
           {"open.compress.ratio", [](auto& in) { in.mutable_open()->mutable_compress()->set_ratio(1); }},
           {"open.compress.keep",
            [](auto& in) { in.mutable_open()->mutable_compress()->add_keep(static_cast<pb::KeepKind>(7)); }},
           {"open.compress.encoding",
            [](auto& in) { in.mutable_open()->mutable_compress()->set_encoding(pb::VECTOR_ENCODING_INT8); }},
           {"open.embed.encoding",
            [](auto& in) { in.mutable_open()->mutable_embed()->set_encoding(pb::VECTOR_ENCODING_BINARY); }},
           {"open.embed.encoding",
            [](auto& in) { in.mutable_open()->mutable_embed()->set_encoding(static_cast<pb::VectorEncoding>(9)); }},
       }) {
    CAPTURE(field);
    submit_client client(world);
    auto in = compress_opening();
    make(in);
    client.stream->Write(in);
    const auto status = client.end();
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(status).metadata().at("field") == field);
  }
  CHECK_FALSE(world.door->has_opened());
}

TEST_CASE("the results of a job that compresses are compressed texts, and one that cannot be read says so") {
  job_world world;
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  pb::JobServiceResultsRequest in;
  in.set_id(id_of(1));
  const auto stream = world.stub->Results(&rpc, in);
  REQUIRE(eventually([&] { return world.door->has_reader() && world.door->reader_at().wanted == 1; }));
  compress_parameters wanted;
  wanted.ratio = 2;
  wanted.mega_tokens = 1;
  segment_results results;
  results.model = "mini";
  const auto document = [](std::string bytes) {
    item_outcome out;
    out.value.document = std::make_shared<const std::string>(std::move(bytes));
    out.value.source = source::store;
    return out;
  };
  results.items = {document(encode(fake_output("some text", wanted))),
                   document("damaged"),
                   {.code = errc::budget_unreachable, .message = "no"}};
  const auto reader = world.door->reader_at();
  reader.listener->on_page({0, std::make_shared<const segment_results>(std::move(results))});
  pb::JobServiceResultsResponse out;
  REQUIRE(stream->Read(&out));
  REQUIRE(out.items_size() == 3);
  CHECK(out.items(0).compressed().text() == "some");
  CHECK(out.items(0).compressed().source() == pb::SOURCE_STORE);
  CHECK(out.items(0).compressed().stands_for(0) == 5);
  CHECK(out.items(0).compressed().mega_tokens(0).values_size() == 5);
  CHECK(out.items(0).compressed().report().output_tokens() == 4);
  CHECK(out.items(1).error().reason() == "STATE_DAMAGED");
  CHECK(out.items(2).error().reason() == "BUDGET_UNREACHABLE");
  reader.listener->on_end(ok);
  CHECK(stream->Finish().ok());
}
