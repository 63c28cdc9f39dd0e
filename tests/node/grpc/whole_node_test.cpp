#include "tests/node/grpc/raw_call.hpp"
#include "tests/node/grpc/whole_node.hpp"

namespace pb = weft::v1;
using weft::errc;
using weft::test::eventually;
using weft::test::fake_device;
using weft::test::soon;
using weft::test::whole_node;

namespace {

struct unary_call {
  explicit unary_call(const whole_node& node, const pb::EmbedRequest& in) {
    rpc.set_deadline(soon());
    client = std::thread([this, channel = node.channel, in] {
      status = pb::EmbedService::NewStub(channel)->Embed(&rpc, in, &reply);
      done = true;
    });
  }
  ~unary_call() {
    if (client.joinable())
      client.join();
  }
  const grpc::Status& wait() {
    if (client.joinable())
      client.join();
    return status;
  }
  grpc::ClientContext rpc;
  grpc::Status status;
  pb::EmbedResponse reply;
  std::atomic<bool> done{false};
  std::thread client;
};

pb::EmbedRequest texts(const std::vector<std::string>& all) {
  pb::EmbedRequest out;
  for (const auto& text : all)
    out.add_texts(text);
  return out;
}

std::vector<float> values(const pb::Embedding& from) {
  return {from.values().begin(), from.values().end()};
}

} // namespace

TEST_CASE("a text goes from the client through the actors to the engine and back") {
  whole_node node;
  unary_call call(node, texts({"hello", "", std::string("nul\0byte", 8), "größe"}));
  REQUIRE_MESSAGE(call.wait().ok(), call.status.error_message());
  const weft::test::fake_model same{node.device};
  REQUIRE(call.reply.embeddings_size() == 4);
  CHECK(values(call.reply.embeddings(0)) == same.vector("hello"));
  CHECK(values(call.reply.embeddings(1)) == same.vector(""));
  CHECK(values(call.reply.embeddings(2)) == same.vector(std::string("nul\0byte", 8)));
  CHECK(values(call.reply.embeddings(3)) == same.vector("größe"));
  CHECK(call.reply.info().model() == "m");
  CHECK(call.reply.info().usage().device_seconds() > 0);
}

TEST_CASE("what a client did wrong is named, over the whole way") {
  whole_node node;
  struct row {
    std::string bytes;
    std::string reason;
    std::string item;
  };
  const auto text = [](const std::string& value) {
    return "\x12" + std::string(1, static_cast<char>(value.size())) + value;
  };
  std::string many;
  for (int i = 0; i < 100'000; ++i)
    many += text("");
  for (const auto& [bytes, reason, item] : {
           row{text("ok") + text("ab\xFF"), "INVALID_UTF8", "1"},
           row{text("ok") + text("x") + std::string("\x1A\x02\x10\x00\x12\xAC\x02", 7) + std::string(300, 'y'),
               "TEXT_TOO_LONG", "2"},
           row{"", "EMPTY_CALL", ""},
           row{many, "TOO_MANY_ITEMS", ""},
           row{text("x") + "\x0A\x05wrong", "UNKNOWN_MODEL", ""},
       }) {
    CAPTURE(reason);
    const auto status = weft::test::call_with_bytes(node.channel, "/weft.v1.EmbedService/Embed", bytes);
    REQUIRE_FALSE(status.ok());
    CAPTURE(status.error_message());
    const auto info = weft::test::error_info(status);
    CHECK(info.reason() == reason);
    if (!item.empty())
      CHECK(info.metadata().at("item") == item);
    if (reason == "TOO_MANY_ITEMS")
      CHECK(status.error_message().find("EmbedStream") != std::string::npos);
  }
}

TEST_CASE("10 000 texts stream through the actors in order; the bad ones fail alone") {
  whole_node node;
  const weft::test::fake_model same{node.device};
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  const auto stub = pb::EmbedService::NewStub(node.channel);
  const auto stream = stub->EmbedStream(&rpc);
  constexpr int count = 10'000;
  const auto text_of = [](int i) { return "text " + std::to_string(i); };
  std::thread writer([&] {
    for (int i = 0; i < count;) {
      pb::EmbedStreamRequest in;
      in.mutable_options()->set_truncate(false);
      for (int size = 1 + i % 50; size > 0 && i < count; --size, ++i)
        in.add_texts(i % 1'000 == 999 ? std::string(500, 'x') : text_of(i));
      stream->Write(in);
    }
    stream->WritesDone();
  });
  int next = 0, wrong = 0, refused = 0;
  for (pb::EmbedStreamResponse one; stream->Read(&one); ++next) {
    if (next % 1'000 == 999)
      refused += one.error().reason() == "TEXT_TOO_LONG";
    else
      wrong += one.index() != static_cast<uint64_t>(next) || values(one.embedding()) != same.vector(text_of(next));
  }
  writer.join();
  CHECK(stream->Finish().ok());
  CHECK(next == count);
  CHECK(wrong == 0);
  CHECK(refused == 10);
  CHECK(eventually([&] { return node.tree.view()->snapshot()->calls_in_flight == 0; }));
}

TEST_CASE("a full node refuses with a time to come back; a cancelled call gives its place away") {
  whole_node node(fake_device::mode::manual, {.calls_max = 2});
  unary_call first(node, texts({"first"})); // in the engine
  CHECK(eventually([&] { return node.device->waiting() == 1; }));
  unary_call second(node, texts({"second"})); // in the queue
  CHECK(eventually([&] { return node.tree.view()->snapshot()->calls_in_flight == 2; }));
  {
    unary_call third(node, texts({"third"}));
    CHECK(third.wait().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(weft::test::error_info(third.status).reason() == "OVERLOADED");
    CHECK(third.rpc.GetServerTrailingMetadata().count("grpc-retry-pushback-ms") == 1);
  }
  second.rpc.TryCancel();
  CHECK(second.wait().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(eventually([&] { return node.counts->count("embed", errc::cancelled) == 1; }));
  CHECK(node.device->complete());
  CHECK(first.wait().ok());
  CHECK(eventually([&] { return node.tree.view()->snapshot()->calls_in_flight == 0; }));
  CHECK(node.device->sequences() == std::vector<size_t>{1}); // the second was never computed
}

TEST_CASE("a call over the typed limit hears so, not the transport's limit of a message") {
  whole_node node;
  unary_call call(node, texts({std::string(15'800'000, 'x'), std::string(15'800'000, 'y')}));
  CHECK(call.wait().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(weft::test::error_info(call.status).reason() == "CALL_TOO_LARGE");
}

TEST_CASE("a draining node answers what it has and refuses the rest") {
  whole_node node(fake_device::mode::manual);
  unary_call inside(node, texts({"inside"}));
  CHECK(eventually([&] { return node.device->waiting() == 1; }));
  std::atomic<bool> drained{false};
  node.tree.drain([&] { drained = true; });
  unary_call late(node, texts({"late"}));
  CHECK(late.wait().error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(weft::test::error_info(late.status).reason() == "DRAINING");
  CHECK_FALSE(drained);
  CHECK(node.device->complete());
  CHECK(inside.wait().ok());
  CHECK(eventually([&] { return drained.load(); }));
}
