#include "tests/node/grpc/raw_call.hpp"
#include "tests/node/grpc/test_node.hpp"

#include <thread>

namespace pb = weft::v1;
using weft::errc;
using weft::test::eventually;
using weft::test::soon;
using weft::test::test_node;

namespace {

struct embed_outcome {
  grpc::Status status;
  pb::EmbedResponse reply;
  std::string request_id;
};

embed_outcome embed(const test_node& node, const pb::EmbedRequest& in, grpc::ClientContext& rpc) {
  embed_outcome out;
  rpc.set_deadline(soon());
  out.status = pb::EmbedService::NewStub(node.channel)->Embed(&rpc, in, &out.reply);
  const auto& metadata = rpc.GetServerInitialMetadata();
  if (const auto found = metadata.find("x-request-id"); found != metadata.end())
    out.request_id = std::string(found->second.data(), found->second.size());
  return out;
}

embed_outcome embed(const test_node& node, const pb::EmbedRequest& in) {
  grpc::ClientContext rpc;
  return embed(node, in, rpc);
}

grpc::Status embed_bytes(const test_node& node, const std::string& bytes) {
  return weft::test::call_with_bytes(node.channel, "/weft.v1.EmbedService/Embed", bytes);
}

} // namespace

TEST_CASE("texts come back as vectors, in order, with where they came from and what they cost") {
  test_node node;
  pb::EmbedRequest in;
  for (const auto* text : {"first", "", "dritte ä"})
    in.add_texts(text);
  const auto [status, reply, id] = embed(node, in);
  REQUIRE(status.ok());
  REQUIRE(reply.embeddings_size() == 3);
  for (int i = 0; i < 3; ++i) {
    const auto want = weft::test::fake_embedding(in.texts(i));
    const auto& got = reply.embeddings(i);
    CHECK(std::vector<float>(got.values().begin(), got.values().end()) == want.values);
    CHECK(got.tokens() == want.tokens);
    CHECK(got.source() == pb::SOURCE_COMPUTED);
    CHECK_FALSE(got.truncated());
  }
  CHECK(reply.info().model() == "fake-model");
  CHECK(reply.info().model_version() == "0123456789ab");
  CHECK(reply.info().precision() == "fp32");
  CHECK(reply.info().dimensions() == 384);
  CHECK(reply.info().usage().tokens() == 5 + 9 + 6);
  CHECK(reply.info().timing().infer_nanoseconds() == 3'000);
  CHECK(reply.info().timing().total_nanoseconds() > 0);
  CHECK(id.size() == 32);
  CHECK(node.meter->count("embed", errc::none) == 1);
}

TEST_CASE("the request reaches the actors as the client meant it") {
  weft::embed_request seen;
  weft::context context;
  test_node node([&](const weft::call_ptr& call) {
    seen = call->request();
    context = call->context();
    weft::test::answer(call);
  });
  pb::EmbedRequest in;
  in.set_model("some-model");
  in.add_texts("a");
  SUBCASE("defaults") {
    REQUIRE(embed(node, in).status.ok());
    CHECK(seen.model == "some-model");
    CHECK(seen.options.normalize);
    CHECK(seen.options.truncate);
    CHECK(seen.options.side == weft::truncation_side::right);
    CHECK(context.priority == weft::priority::normal);
    CHECK(context.tenant.empty());
    CHECK(context.deadline != weft::time_point::max());
  }
  SUBCASE("everything set") {
    in.mutable_options()->set_normalize(false);
    in.mutable_options()->set_truncate(false);
    in.mutable_options()->set_truncation_side(pb::TRUNCATION_SIDE_LEFT);
    grpc::ClientContext rpc;
    rpc.AddMetadata("x-request-id", "mine-7");
    rpc.AddMetadata("x-weft-priority", "batch");
    rpc.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const auto out = embed(node, in, rpc);
    REQUIRE(out.status.ok());
    CHECK(out.request_id == "mine-7");
    CHECK(context.request_id == "mine-7");
    CHECK_FALSE(seen.options.normalize);
    CHECK_FALSE(seen.options.truncate);
    CHECK(seen.options.side == weft::truncation_side::left);
    CHECK(context.priority == weft::priority::batch);
    CHECK(context.traceparent.starts_with("00-0af7"));
  }
}

TEST_CASE("a text that is not UTF-8 reaches the tokenizer, which can name it") {
  std::vector<std::string> texts;
  test_node node([&](const weft::call_ptr& call) {
    texts = call->request().texts;
    call->fail({errc::invalid_utf8, "text 1 is not valid UTF-8 at byte 2", {{"item", "1"}}, {}});
  });
  const auto status = embed_bytes(node, "\x12\x02ok\x12\x03"
                                        "ab\xFF");
  CHECK(texts == std::vector<std::string>{"ok", "ab\xFF"});
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(weft::test::error_info(status).reason() == "INVALID_UTF8");
  CHECK(weft::test::error_info(status).metadata().at("item") == "1");
}

TEST_CASE("bytes that are no request are refused, unknown fields are not") {
  test_node node;
  for (const auto& [bytes, code] : {
           std::pair{std::string("\x12"), grpc::StatusCode::INVALID_ARGUMENT},
           {std::string("\x12\x7Fshort"), grpc::StatusCode::INVALID_ARGUMENT},
           {std::string("\x12\xFF\xFF\xFF\xFF\x0F"), grpc::StatusCode::INVALID_ARGUMENT},
           {std::string("\xFF\xFF\xFF\xFF\xFF\xFF"), grpc::StatusCode::INVALID_ARGUMENT},
           {std::string("\x0A\x02\xFF\xFE"), grpc::StatusCode::INVALID_ARGUMENT}, // the model's name
           {std::string("\x1A\x02\x18\x07"), grpc::StatusCode::INVALID_ARGUMENT}, // side 7
           {std::string("\x12\x01x\xF8\x3F\x05"), grpc::StatusCode::OK},          // field 1023
           {std::string("\x12\x01x\xFA\x3F\x03xyz\x0D"
                        "1234"),
            grpc::StatusCode::OK}, // wrong wire type for the model
       }) {
    CAPTURE(bytes.size());
    const auto status = embed_bytes(node, bytes);
    CHECK_MESSAGE(status.error_code() == code, status.error_message());
  }
}

TEST_CASE("millions of tiny texts are counted, not kept, and the answer names the streaming RPC") {
  test_node node;
  std::string bytes;
  for (int i = 0; i < 5'000'000; ++i)
    bytes += std::string("\x12\x00", 2);
  const auto status = embed_bytes(node, bytes);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  const auto info = weft::test::error_info(status);
  CHECK(info.reason() == "TOO_MANY_ITEMS");
  CHECK(info.metadata().at("items") == "5000000");
  CHECK(status.error_message().find("EmbedStream") != std::string::npos);
}

TEST_CASE("a text of 10 MB passes; a message over the receive limit gets a clear code") {
  size_t bytes = 0;
  test_node node([&](const weft::call_ptr& call) {
    bytes = call->request().texts.at(0).size();
    weft::test::answer(call);
  });
  pb::EmbedRequest in;
  in.add_texts(std::string(10'000'000, 'x'));
  CHECK(embed(node, in).status.ok());
  CHECK(bytes == 10'000'000);
  in.add_texts(std::string(30'000'000, 'x'));
  CHECK(embed(node, in).status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("a call that is lost inside is answered, and a second answer is dropped") {
  SUBCASE("lost") {
    test_node node([](const weft::call_ptr&) {});
    pb::EmbedRequest in;
    in.add_texts("x");
    const auto status = embed(node, in).status;
    CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(weft::test::error_info(status).reason() == "UNAVAILABLE");
  }
  SUBCASE("twice") {
    test_node node([](const weft::call_ptr& call) {
      weft::test::answer(call);
      call->fail({errc::internal, "too late"});
    });
    pb::EmbedRequest in;
    in.add_texts("x");
    CHECK(embed(node, in).status.ok());
    CHECK(node.meter->count("embed", errc::none) == 1);
    CHECK(node.meter->count("embed", errc::internal) == 0);
  }
}

TEST_CASE("a client that cancels is heard, and letting the call go frees what it holds") {
  test_node node{nullptr};
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  grpc::Status status;
  std::thread client([&] {
    pb::EmbedRequest in;
    in.add_texts("x");
    pb::EmbedResponse out;
    status = pb::EmbedService::NewStub(node.channel)->Embed(&rpc, in, &out);
  });
  auto calls = node.entrance.take(1);
  auto permit = std::make_shared<int>(0);
  calls[0]->hold(permit);
  CHECK_FALSE(calls[0]->ended());
  rpc.TryCancel();
  client.join();
  CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
  CHECK(eventually([&] { return calls[0]->ended(); })); // the cancellation is on its way to the server
  calls.clear();
  CHECK(eventually([&] { return permit.use_count() == 1; }));
  CHECK(eventually([&] { return node.meter->count("embed", errc::cancelled) == 1; }));
}

TEST_CASE("the deadline of the RPC is the context's, and passing it ends the call") {
  test_node node{nullptr};
  grpc::Status status;
  std::thread client([&] {
    grpc::ClientContext rpc;
    rpc.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    pb::EmbedRequest in;
    in.add_texts("x");
    pb::EmbedResponse out;
    status = pb::EmbedService::NewStub(node.channel)->Embed(&rpc, in, &out);
  });
  auto calls = node.entrance.take(1);
  const auto left = calls[0]->context().deadline - std::chrono::steady_clock::now();
  CHECK(left <= std::chrono::milliseconds(220)); // gRPC rounds it up on its way
  client.join();
  CHECK(status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  // The client's timer may run out a little before the node's, which starts when the RPC arrives.
  CHECK(eventually([&] { return calls[0]->ended(); }));
  // Which of the two depends on whose timer runs out first.
  CHECK(eventually([&] {
    return node.meter->count("embed", errc::deadline_exceeded) + node.meter->count("embed", errc::cancelled) == 1;
  }));
}
