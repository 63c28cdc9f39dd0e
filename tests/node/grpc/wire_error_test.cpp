#include "node/grpc/wire_error.hpp"
#include "tests/node/grpc/test_node.hpp"

using weft::errc;

TEST_CASE("every error crosses the wire with its code, reason, metadata and retry advice") {
  weft::failure next;
  weft::test::test_node node([&](const weft::call_ptr& call) { call->fail(next); });
  const auto stub = weft::v1::EmbedService::NewStub(node.channel);
  for (const auto& row : weft::errc_table()) {
    if (row.code == errc::none)
      continue;
    CAPTURE(row.reason);
    next = {row.code, "because of ä", {{"item", "17"}, {"limit", "1024"}}, {}};
    if (row.code == errc::overloaded)
      next.retry_after = std::chrono::milliseconds(250);

    grpc::ClientContext rpc;
    rpc.set_deadline(weft::test::soon());
    weft::v1::EmbedRequest in;
    in.add_texts("x");
    weft::v1::EmbedResponse out;
    const auto status = stub->Embed(&rpc, in, &out);
    CHECK(static_cast<int>(status.error_code()) == static_cast<int>(row.status));
    CHECK(status.error_message() == "because of ä");
    const auto info = weft::test::error_info(status);
    CHECK(info.reason() == row.reason);
    CHECK(info.metadata().at("item") == "17");
    CHECK(info.metadata().at("limit") == "1024");

    google::rpc::Status details;
    REQUIRE(details.ParseFromString(status.error_details()));
    const auto& trailers = rpc.GetServerTrailingMetadata();
    const auto pushback = trailers.find("grpc-retry-pushback-ms");
    if (row.code == errc::overloaded) {
      google::rpc::RetryInfo retry;
      REQUIRE(details.details_size() == 2);
      REQUIRE(details.details(1).UnpackTo(&retry));
      CHECK(retry.retry_delay().nanos() == 250'000'000);
      REQUIRE(pushback != trailers.end());
      CHECK(pushback->second == "250");
    } else {
      CHECK(details.details_size() == 1);
      CHECK(pushback == trailers.end());
    }
    CHECK(node.meter->count("embed", row.code) == 1);
  }
}

TEST_CASE("a failure without a message says what the error means") {
  const auto status = weft::to_status({errc::draining, ""});
  CHECK(status.error_message() == weft::info(errc::draining).meaning);
}

TEST_CASE("what a client sent can neither break nor swell the status") {
  weft::failure reason{errc::unknown_model, "no model '" + std::string(1 << 20, '\xFF') + "'", {}, {}};
  for (int i = 0; i < 100; ++i)
    reason.metadata.emplace_back("key" + std::to_string(i), std::string(10'000, 'v'));
  const auto status = weft::to_status(reason);
  CHECK(status.error_message().size() < 1'100);
  CHECK(status.error_details().size() < 5'000);
  CHECK(weft::test::error_info(status).reason() == "UNKNOWN_MODEL");
}
