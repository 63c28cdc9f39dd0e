#include "tests/node/grpc/compress_world.hpp"

#include <thread>

namespace pb = weft::v1;
using weft::errc;
using weft::test::compress;
using weft::test::error_info;
using weft::test::eventually;
using weft::test::fake_document_store;
using weft::test::halves;
using weft::test::soon;
using weft::test::test_node;
using weft::test::with_documents;

namespace {

const auto compress_calls = [](const weft::call_ptr& call) { compress(call); };

struct edit_outcome {
  grpc::Status status;
  pb::EditDocumentResponse reply;
};

edit_outcome edit(const test_node& node, const pb::EditDocumentRequest& in) {
  edit_outcome out;
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  out.status = pb::CompressService::NewStub(node.channel)->EditDocument(&rpc, in, &out.reply);
  return out;
}

} // namespace

TEST_CASE("handles stand for their documents, after the texts; one that is unknown fails alone") {
  const auto store = std::make_shared<fake_document_store>();
  test_node node(compress_calls, with_documents(store));
  auto in = halves({"a text"});
  in.add_handles(std::string(64, '1'));
  in.add_handles(std::string(64, 'f'));
  in.add_handles(std::string(64, '2'));
  const auto [status, reply] = compress(node, in);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  REQUIRE(reply.items_size() == 4);
  CHECK(reply.items(0).compressed().text() == "a t");
  CHECK(reply.items(1).compressed().text() == "document " + std::string(27, '1'));
  CHECK(reply.items(2).error().reason() == "UNKNOWN_HANDLE");
  CHECK(reply.items(3).compressed().text() == "document " + std::string(27, '2'));
}

TEST_CASE("documents are read one after the other, and none when the client has gone") {
  const auto store = std::make_shared<fake_document_store>();
  test_node node(compress_calls, with_documents(store));
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  grpc::Status status;
  std::thread client([&] {
    pb::CompressRequest in = halves({});
    in.add_handles(std::string(64, 'e'));
    in.add_handles(std::string(64, '1'));
    pb::CompressResponse out;
    status = pb::CompressService::NewStub(node.channel)->Compress(&rpc, in, &out);
  });
  CHECK(eventually([&] { return store->reads() == 1; }));
  SUBCASE("it comes") {
    store->take_waiting()(std::make_shared<const std::string>("late"));
    client.join();
    CHECK(status.ok());
    CHECK(store->reads() == 2);
  }
  SUBCASE("the client goes") {
    rpc.TryCancel();
    client.join();
    CHECK(eventually([&] { return node.meter->count("compress", errc::cancelled) == 1; }));
    store->take_waiting()(std::make_shared<const std::string>("too late"));
    CHECK(store->reads() == 1);
  }
  SUBCASE("the store loses it") {
    store->take_waiting() = nullptr;
    client.join();
    CHECK(error_info(status).reason() == "UNAVAILABLE");
  }
  SUBCASE("it is larger than a call may be") {
    store->take_waiting()(std::make_shared<const std::string>(33'554'433, 'x'));
    client.join();
    CHECK(error_info(status).reason() == "CALL_TOO_LARGE");
  }
}

TEST_CASE("a document is made and changed by its store, and a bad edit does not get there") {
  const auto store = std::make_shared<fake_document_store>();
  test_node node(compress_calls, with_documents(store));
  pb::EditDocumentRequest in;
  in.set_text("some text");
  const auto [status, reply] = edit(node, in);
  REQUIRE(status.ok());
  CHECK(reply.handle() == std::string(64, 'a'));
  CHECK(reply.bytes() == 9);
  CHECK(reply.chunks() == 3);
  CHECK(reply.chunks_new() == 2);
  in.set_handle(reply.handle());
  in.mutable_replaced()->set_begin(2);
  in.mutable_replaced()->set_end(5);
  CHECK(edit(node, in).status.ok());
  REQUIRE(store->edits().size() == 2);
  CHECK_FALSE(store->edits()[0].second.replaced);
  const auto second = store->edits()[1].second;
  CHECK(second.handle == std::string(64, 'a'));
  CHECK(second.replaced->begin == 2);
  CHECK(second.replaced->end == 5);
  CHECK(second.text == "some text");

  for (const auto& [handle, begin, field] : {std::tuple{std::string("7"), 0, "handle"},
                                             {std::string(64, 'a'), 6, "replaced"},
                                             {std::string(), 0, "replaced"}}) {
    in.set_handle(handle);
    in.mutable_replaced()->set_begin(static_cast<uint64_t>(begin));
    const auto refused = edit(node, in).status;
    CHECK(refused.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(refused).metadata().at("field") == field);
  }
  CHECK(store->edits().size() == 2);
  in.set_handle(std::string(64, 'f'));
  in.clear_replaced();
  CHECK(error_info(edit(node, in).status).reason() == "UNKNOWN_HANDLE");
  CHECK(node.meter->count("edit_document", errc::none) == 2);
}

TEST_CASE("a node without a store says that it keeps no documents") {
  test_node node(compress_calls);
  auto in = halves({});
  in.add_handles(std::string(64, '1'));
  for (const auto& status : {compress(node, in).status, edit(node, {}).status}) {
    CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(status.error_message() == "this node keeps no documents");
  }
}

TEST_CASE("a node that drains takes no text and no edit") {
  test_node node(compress_calls, with_documents(std::make_shared<fake_document_store>()));
  node.server.drain({});
  CHECK(error_info(compress(node, halves({"x"})).status).reason() == "DRAINING");
  CHECK(error_info(edit(node, {}).status).reason() == "DRAINING");
}
