#include "tei/v1/tei.grpc.pb.h"
#include "tests/node/grpc/test_node.hpp"

namespace pb = tei::v1;
using weft::errc;
using weft::test::soon;
using weft::test::test_node;

namespace {

grpc::Status embed(const test_node& node, const pb::EmbedRequest& in, pb::EmbedResponse& out) {
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  return pb::Embed::NewStub(node.channel)->Embed(&rpc, in, &out);
}

grpc::Status embed(const test_node& node, const pb::EmbedRequest& in) {
  pb::EmbedResponse out;
  return embed(node, in, out);
}

pb::EmbedRequest request(const std::string& inputs) {
  pb::EmbedRequest out;
  out.set_inputs(inputs);
  return out;
}

grpc::Status info(const test_node& node, pb::InfoResponse& out) {
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  return pb::Info::NewStub(node.channel)->Info(&rpc, {}, &out);
}

} // namespace

TEST_CASE("tei.v1 Embed gives the vector, and metadata with characters, tokens and times") {
  test_node node;
  pb::EmbedResponse out;
  REQUIRE(embed(node, request("größe"), out).ok());
  const auto want = weft::test::fake_embedding("größe");
  CHECK(std::vector<float>(out.embeddings().begin(), out.embeddings().end()) == want.values);
  CHECK(out.metadata().compute_chars() == 5);
  CHECK(out.metadata().compute_tokens() == want.tokens);
  CHECK(out.metadata().total_time_ns() > 0);
  CHECK(out.metadata().queue_time_ns() == 1'000);
  CHECK(out.metadata().tokenization_time_ns() == 2'000);
  CHECK(out.metadata().inference_time_ns() == 3'000);
}

TEST_CASE("TEI's defaults: normalized, not truncated, from the right") {
  weft::embed_options seen;
  test_node node([&](const weft::call_ptr& call) {
    seen = call->request().options;
    weft::test::answer(call);
  });
  auto in = request("x");
  REQUIRE(embed(node, in).ok());
  CHECK(seen.normalize);
  CHECK_FALSE(seen.truncate);
  CHECK(seen.side == weft::truncation_side::right);
  in.set_normalize(false);
  in.set_truncate(true);
  in.set_truncation_direction(pb::TRUNCATION_DIRECTION_LEFT);
  REQUIRE(embed(node, in).ok());
  CHECK_FALSE(seen.normalize);
  CHECK(seen.truncate);
  CHECK(seen.side == weft::truncation_side::left);
}

TEST_CASE("TEI's clients see the codes that they know") {
  weft::failure next{errc::none, ""};
  test_node node([&](const weft::call_ptr& call) {
    if (next.code == errc::none)
      weft::test::answer(call);
    else
      call->fail(next);
  });
  for (const auto& [code, want] : {std::pair{errc::overloaded, grpc::StatusCode::RESOURCE_EXHAUSTED},
                                   {errc::text_too_long, grpc::StatusCode::INVALID_ARGUMENT},
                                   {errc::invalid_utf8, grpc::StatusCode::INVALID_ARGUMENT},
                                   {errc::draining, grpc::StatusCode::UNAVAILABLE},
                                   {errc::engine_failed, grpc::StatusCode::INTERNAL}}) {
    next.code = code;
    CHECK(embed(node, request("x")).error_code() == want);
  }
  next.code = errc::none;
  CHECK(embed(node, request("")).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  auto in = request("x");
  in.set_dimensions(384);
  CHECK(embed(node, in).ok());
  in.set_dimensions(128);
  auto status = embed(node, in);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message().find("384") != std::string::npos);
  in.clear_dimensions();
  in.set_prompt_name("query");
  status = embed(node, in);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(weft::test::error_info(status).metadata().at("field") == "prompt_name");
}

TEST_CASE("tei.v1 EmbedStream answers in order, each text with its own options, and ends at a bad one") {
  test_node node([](const weft::call_ptr& call) {
    if (call->request().texts.front() == "bad")
      call->fail({errc::text_too_long, "too long"});
    else
      weft::test::answer(call);
  });
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  const auto stub = pb::Embed::NewStub(node.channel);
  const auto stream = stub->EmbedStream(&rpc);
  constexpr int count = 300;
  for (int i = 0; i < count; ++i) {
    auto in = request(std::string(static_cast<size_t>(i) + 1, 'x'));
    in.set_truncate(i % 2 == 0);
    CHECK(stream->Write(in));
  }
  stream->Write(request("bad"));
  pb::EmbedResponse out;
  int got = 0;
  for (; stream->Read(&out); ++got)
    CHECK(out.embeddings(0) == static_cast<float>(got + 1));
  CHECK(got == count);
  const auto status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(weft::test::error_info(status).reason() == "TEXT_TOO_LONG");
}

TEST_CASE("tei.v1 Info describes the default model; without one that is loaded it says so") {
  auto options = weft::test::on_any_port();
  options.tei = {
      .concurrent_requests_max = 8'192, .batch_tokens_max = 16'384, .call_items_max = 1'024, .tokenizers = 2};
  test_node node(weft::test::answer, options);
  pb::InfoResponse out;
  REQUIRE(info(node, out).ok());
  CHECK(out.model_id() == "fake-model");
  CHECK(out.model_sha() == "0123456789ab");
  CHECK(out.model_dtype() == "bfloat16");
  CHECK(out.model_type() == pb::MODEL_TYPE_EMBEDDING);
  CHECK(out.version() == "0.1.0");
  CHECK(out.max_input_length() == 256);
  CHECK(out.max_concurrent_requests() == 8'192);
  CHECK(out.max_batch_tokens() == 16'384);
  CHECK(out.max_client_batch_size() == 1'024);
  CHECK(out.tokenization_workers() == 2);

  auto next = weft::test::fake_snapshot();
  next.models[0].state = weft::model_state::loading;
  next.models[0].info.dimensions = 0;
  node.view->set(next);
  CHECK(info(node, out).error_code() == grpc::StatusCode::UNAVAILABLE);
  auto wants_dimensions = request("x");
  wants_dimensions.set_dimensions(384);
  CHECK(embed(node, wants_dimensions).error_code() == grpc::StatusCode::UNAVAILABLE);
  next.models[0].state = weft::model_state::failed;
  next.models[0].problem = "vocab.txt is damaged";
  node.view->set(next);
  const auto status = info(node, out);
  CHECK(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(status.error_message() == "vocab.txt is damaged");
}
