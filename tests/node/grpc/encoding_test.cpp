#include "runtime/points/encoding.hpp"
#include "tests/node/grpc/compress_world.hpp"

#include <utility>
#include <vector>

using namespace weft::test;
namespace pb = weft::v1;
using weft::vector_encoding;

namespace {

constexpr std::pair<pb::VectorEncoding, vector_encoding> encodings[] = {
    {pb::VECTOR_ENCODING_FLOAT16, vector_encoding::float16},
    {pb::VECTOR_ENCODING_INT8, vector_encoding::int8},
    {pb::VECTOR_ENCODING_BINARY, vector_encoding::binary}};

/// Whether a message has these values in this encoding, and in no other.
template <class Message> void check_packed(const Message& got, const std::vector<float>& want, vector_encoding how) {
  CHECK(got.values_size() == 0);
  const auto packed = encode(want, how);
  CHECK(got.packed() == packed.bytes);
  CHECK(got.scale() == (how == vector_encoding::int8 ? packed.scale : 0));
  const weft::packed_vector back{how, static_cast<uint32_t>(want.size()), got.scale(), got.packed()};
  REQUIRE(check(back));
  CHECK(decode(back) == decode(packed));
}

} // namespace

TEST_CASE("Embed and EmbedStream write vectors as they were asked to") {
  test_node node;
  const auto stub = pb::EmbedService::NewStub(node.channel);
  const auto want = fake_embedding("some text").values;
  for (const auto& [wire, how] : encodings) {
    CAPTURE(to_string(how));
    grpc::ClientContext unary_rpc;
    pb::EmbedRequest in;
    in.add_texts("some text");
    in.mutable_options()->set_encoding(wire);
    pb::EmbedResponse out;
    REQUIRE(stub->Embed(&unary_rpc, in, &out).ok());
    check_packed(out.embeddings(0), want, how);
    CHECK(out.info().dimensions() == want.size());

    grpc::ClientContext rpc;
    const auto stream = stub->EmbedStream(&rpc);
    pb::EmbedStreamRequest first;
    first.mutable_options()->set_encoding(wire);
    first.add_texts("some text");
    stream->Write(first);
    first.clear_options();
    stream->Write(first);
    stream->WritesDone();
    pb::EmbedStreamResponse one;
    for (int i = 0; i < 2; ++i) {
      REQUIRE(stream->Read(&one));
      check_packed(one.embedding(), want, how);
    }
    CHECK(stream->Finish().ok());
  }
}

TEST_CASE("an encoding that there is none of is refused, and so is another one in the middle of a stream") {
  test_node node;
  const auto stub = pb::EmbedService::NewStub(node.channel);
  grpc::ClientContext unary_rpc;
  pb::EmbedRequest in;
  in.add_texts("x");
  in.mutable_options()->set_encoding(static_cast<pb::VectorEncoding>(5));
  pb::EmbedResponse out;
  const auto refused = stub->Embed(&unary_rpc, in, &out);
  CHECK(error_info(refused).metadata().at("field") == "options.encoding");

  grpc::ClientContext rpc;
  const auto stream = stub->EmbedStream(&rpc);
  pb::EmbedStreamRequest message;
  message.add_texts("x");
  message.mutable_options()->set_encoding(pb::VECTOR_ENCODING_INT8);
  stream->Write(message);
  message.mutable_options()->set_encoding(pb::VECTOR_ENCODING_FLOAT32);
  stream->Write(message);
  pb::EmbedStreamResponse one;
  CHECK(stream->Read(&one));
  CHECK_FALSE(stream->Read(&one));
  CHECK(error_info(stream->Finish()).metadata().at("field") == "options");
}

TEST_CASE("mega-tokens are written as they were asked to") {
  test_node node([](const weft::call_ptr& call) { compress(call); });
  weft::compress_parameters wanted;
  wanted.ratio = 2;
  wanted.mega_tokens = 3;
  const auto want = fake_output("some text", wanted).mega_tokens;
  for (const auto& [wire, how] : encodings) {
    CAPTURE(to_string(how));
    auto in = halves({"some text"});
    in.mutable_options()->set_mega_tokens(3);
    in.mutable_options()->set_encoding(wire);
    const auto [status, reply] = compress(node, in);
    REQUIRE(status.ok());
    const auto& got = reply.items(0).compressed();
    REQUIRE(got.mega_tokens_size() == 3);
    for (int i = 0; i < 3; ++i)
      check_packed(got.mega_tokens(i), want[static_cast<size_t>(i)].centroid, how);
  }
}
