#include "tests/node/grpc/compress_world.hpp"
#include "tests/node/grpc/raw_call.hpp"

#include <atomic>
#include <limits>
#include <thread>
#include <tuple>

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

} // namespace

TEST_CASE("texts come back compressed, in order, with reports and what they cost together") {
  test_node node(compress_calls);
  auto in = halves({"first text", "the second one", ""});
  in.mutable_options()->set_mega_tokens(2);
  const auto [status, reply] = compress(node, in);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  REQUIRE(reply.items_size() == 3);
  const auto& got = reply.items(1).compressed();
  CHECK(got.text() == "the sec");
  REQUIRE(got.kept_size() == 1);
  CHECK(got.kept(0).end() == 7);
  REQUIRE(got.stands_for_size() == 1);
  CHECK(got.stands_for(0) == 5);
  CHECK(got.source() == pb::SOURCE_MEMORY);
  REQUIRE(got.mega_tokens_size() == 2);
  CHECK(got.mega_tokens(1).values_size() == 5);
  CHECK(got.mega_tokens(1).values(1) == -0.25F);
  CHECK(got.mega_tokens(1).weight() == 0.5);
  CHECK(got.mega_tokens(1).spans(0).begin() == 1);
  const auto& report = got.report();
  CHECK(report.source_tokens() == 14);
  CHECK(report.output_tokens() == 7);
  CHECK(report.target_tokens() == 8);
  CHECK(report.ratio() == 2);
  CHECK(report.counter() == pb::TOKEN_COUNTER_WORDPIECE);
  CHECK(report.content() == pb::CONTENT_KIND_LOG);
  CHECK(report.why_content() == "lines begin with times");
  CHECK(report.profile().language() == "en");
  CHECK(report.strategy() == pb::COMPRESS_STRATEGY_TEMPLATE);
  CHECK(report.why_strategy() == "3 templates");
  CHECK(report.policy_version() == "1");
  CHECK(report.units_kept() == 5);
  CHECK(report.coverage() == 0.75);
  CHECK_FALSE(report.has_fidelity()); // not measured
  CHECK(report.timing().select_nanoseconds() == 7);
  CHECK(reply.info().model() == "fake-model");
  CHECK(reply.info().model_version() == "0123456789ab");
  CHECK(reply.info().dimensions() == 5);
  CHECK(reply.info().usage().tokens() == 24);
  CHECK(reply.info().timing().infer_nanoseconds() == 3'000);
  CHECK(node.meter->count("compress", errc::none) == 1);
}

TEST_CASE("what a client asks of compress reaches the actors in canonical form, a call a text") {
  std::mutex mutex;
  std::vector<weft::embed_request> seen;
  test_node node([&](const weft::call_ptr& call) {
    {
      const std::lock_guard hold(mutex);
      seen.push_back(call->request());
    }
    compress(call);
  });
  pb::CompressRequest in;
  in.set_model("some-model");
  in.add_texts("one");
  in.add_texts("two");
  auto& options = *in.mutable_options();
  options.set_tokens(100);
  options.set_strategy(pb::COMPRESS_STRATEGY_ENSEMBLE);
  options.set_counter(pb::TOKEN_COUNTER_BYTES);
  options.set_query("why ä?");
  options.add_keep(pb::KEEP_KIND_CODE);
  options.add_keep(pb::KEEP_KIND_NUMBERS);
  options.add_keep(pb::KEEP_KIND_CODE);
  options.add_patterns("a+");
  options.set_no_extract(true);
  options.set_mega_tokens(7);
  REQUIRE(compress(node, in).status.ok());
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].model == "some-model");
  CHECK(seen[0].texts == std::vector<std::string>{"one"});
  CHECK(seen[1].texts == std::vector<std::string>{"two"});
  CHECK(seen[0].options.cached);
  weft::compress_parameters want;
  want.tokens = 100;
  want.strategy = weft::compress_strategy::ensemble;
  want.counter = weft::counter_kind::bytes;
  want.query = "why ä?";
  want.keep = {weft::keep_kind::numbers, weft::keep_kind::code};
  want.patterns = {"a+"};
  want.extract = false;
  want.mega_tokens = 7;
  CHECK(seen[1].options.compress == canonical_form(want));
}

TEST_CASE("options that cannot be meant are refused before anything is computed, and the field is named") {
  std::atomic<int> calls{0};
  test_node node([&](const weft::call_ptr& call) {
    ++calls;
    compress(call);
  });
  using change = void (*)(pb::CompressRequest&);
  struct bad {
    const char* field;
    change make;
    const char* reason = "INVALID_ARGUMENT";
  };
  for (const auto& one : std::initializer_list<bad>{
           {"options.ratio", [](auto& in) { in.mutable_options()->clear_ratio(); }},
           {"options.ratio", [](auto& in) { in.clear_options(); }},
           {"options.ratio", [](auto& in) { in.mutable_options()->set_tokens(5); }},
           {"options.ratio", [](auto& in) { in.mutable_options()->set_ratio(1); }},
           {"options.ratio", [](auto& in) { in.mutable_options()->set_ratio(1'000); }},
           {"options.ratio",
            [](auto& in) { in.mutable_options()->set_ratio(std::numeric_limits<double>::quiet_NaN()); }},
           {"options.tokens",
            [](auto& in) {
              in.mutable_options()->clear_ratio();
              in.mutable_options()->set_tokens(0);
            }},
           {"options.strategy", [](auto& in) { in.mutable_options()->set_strategy(pb::CompressStrategy(257)); }},
           {"options.counter", [](auto& in) { in.mutable_options()->set_counter(pb::TokenCounter(9)); }},
           {"options.keep", [](auto& in) { in.mutable_options()->add_keep(pb::KEEP_KIND_UNSPECIFIED); }},
           {"options.query", [](auto& in) { in.mutable_options()->set_query(std::string(4'097, 'q')); }},
           {"options.patterns", [](auto& in) { in.mutable_options()->add_patterns(""); }},
           {"options.mega_tokens", [](auto& in) { in.mutable_options()->set_mega_tokens(1'025); }},
           {"options.encoding", [](auto& in) { in.mutable_options()->set_encoding(pb::VectorEncoding(5)); }},
           {"handles", [](auto& in) { in.add_handles("0123"); }},
           {"handles", [](auto& in) { in.add_handles(std::string(64, 'X')); }},
       }) {
    CAPTURE(one.field);
    auto in = halves({"a text"});
    one.make(in);
    const auto status = compress(node, in).status;
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(status).reason() == one.reason);
    CHECK(error_info(status).metadata().at("field") == one.field);
    CHECK_MESSAGE(status.error_message().starts_with(one.field), status.error_message());
  }
  CHECK(calls == 0);
}

TEST_CASE("a query that is not UTF-8 is named; bytes that are no request are refused; a text may have any bytes") {
  test_node node(compress_calls);
  const auto send = [&](const std::string& bytes) {
    return weft::test::call_with_bytes(node.channel, "/weft.v1.CompressService/Compress", bytes);
  };
  const std::string ratio("\x09\x00\x00\x00\x00\x00\x00\x00\x40", 9); // 2.0
  const std::string options = "\x22\x09" + ratio;
  const auto query = send("\x12\x01x\x22\x0D" + ratio + "\x2A\x02\xFF\xFE");
  CHECK(error_info(query).reason() == "INVALID_UTF8");
  CHECK(error_info(query).metadata().at("field") == "options.query");
  CHECK(error_info(send("\x12")).reason() == "INVALID_ARGUMENT");
  CHECK(error_info(send("\x0A\x02\xFF\xFE\x12\x01x" + options)).reason() == "INVALID_UTF8"); // the model's name
  CHECK(error_info(send(options)).reason() == "EMPTY_CALL");
  CHECK(error_info(send("\x10\x01" + options)).reason() == "EMPTY_CALL"); // texts as a number: no text
  CHECK(send("\x12\x03"
             "ab\xFF" +
             options)
            .ok());
}

TEST_CASE("a text that cannot be compressed fails alone, with what its error has to say") {
  test_node node(compress_calls);
  const auto [status, reply] =
      compress(node, halves({"good", "BUDGET_UNREACHABLE", "NOT_TEXT", "INVALID_ARGUMENT", "good as well"}));
  REQUIRE(status.ok());
  REQUIRE(reply.items_size() == 5);
  CHECK(reply.items(0).compressed().text() == "go");
  CHECK(reply.items(4).has_compressed());
  const auto& error = reply.items(1).error();
  CHECK(error.reason() == "BUDGET_UNREACHABLE");
  CHECK(error.message() == "text 1 is refused"); // its number in this call
  CHECK(error.metadata().at("leastTokens") == "17");
  CHECK(error.metadata().count("item") == 0);
  CHECK(reply.items(2).error().reason() == "NOT_TEXT");
  CHECK(reply.items(3).error().reason() == "INVALID_ARGUMENT");
  CHECK(reply.info().usage().tokens() == 4 + 12);
  CHECK(node.meter->count("compress", errc::none) == 1);
}

TEST_CASE("what holds for all texts fails the call") {
  for (const auto& [texts, reason] : std::initializer_list<std::pair<std::vector<std::string>, const char*>>{
           {{"INVALID_ARGUMENT 1", "INVALID_ARGUMENT 2"}, "INVALID_ARGUMENT"}, // a pattern, for instance
           {{"good", "UNKNOWN_MODEL"}, "UNKNOWN_MODEL"},
           {{"OVERLOADED", "good", "OVERLOADED"}, "OVERLOADED"},
           {{"good", "DRAINING"}, "DRAINING"},
       }) {
    test_node node(compress_calls);
    const auto status = compress(node, halves(texts)).status;
    CHECK(error_info(status).reason() == reason);
  }
  // Not about the options: each text has its own error, and the call is well.
  test_node node(compress_calls);
  CHECK(compress(node, halves({"NOT_TEXT"})).reply.items(0).error().reason() == "NOT_TEXT");
}

TEST_CASE("after the first refusal of the whole call, no further text is sent") {
  std::atomic<int> calls{0};
  test_node node([&](const weft::call_ptr& call) {
    ++calls;
    compress(call);
  });
  CHECK_FALSE(compress(node, halves({"a", "OVERLOADED", "b", "c"})).status.ok());
  CHECK(calls == 2);
}

TEST_CASE("a client that goes away takes all parts of its call with it") {
  test_node node{nullptr};
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  grpc::Status status;
  std::thread client([&] {
    pb::CompressResponse out;
    status = pb::CompressService::NewStub(node.channel)->Compress(&rpc, halves({"a", "b", "c"}), &out);
  });
  auto calls = node.entrance.take(3);
  compress(calls[1]); // one is done
  rpc.TryCancel();
  client.join();
  CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
  for (const auto& call : calls)
    CHECK(eventually([&] { return call->ended(); }));
  CHECK(eventually([&] { return node.meter->count("compress", errc::cancelled) == 1; }));
  compress(calls[0]); // too late, and no harm
  calls.clear();
}

TEST_CASE("a part that is lost inside the node is an error of its text") {
  test_node node([](const weft::call_ptr& call) {
    if (call->request().texts.front() != "lost")
      compress(call);
  });
  const auto [status, reply] = compress(node, halves({"lost", "found"}));
  REQUIRE(status.ok());
  CHECK(reply.items(0).error().reason() == "UNAVAILABLE");
  CHECK(reply.items(1).has_compressed());
}

TEST_CASE("a call has a bounded number of texts, and a reply that could not be bounded is refused") {
  auto options = weft::test::on_any_port();
  options.compress_items_max = 40;
  test_node node(compress_calls, options);
  const auto many = compress(node, halves(std::vector<std::string>(41, "x"))).status;
  CHECK(error_info(many).reason() == "TOO_MANY_ITEMS");
  CHECK(error_info(many).metadata().at("limit") == "40");
  auto wide = halves(std::vector<std::string>(40, std::string(2'000, 'x')));
  CHECK(compress(node, wide).status.ok());
  wide.mutable_options()->set_mega_tokens(1'024);
  CHECK(error_info(compress(node, wide).status).reason() == "CALL_TOO_LARGE");
}

TEST_CASE("answers that are not read count against the node's budget for them, by their texts' bytes") {
  auto options = weft::test::on_any_port();
  options.reply_bytes_max = 12'000;
  test_node node(nullptr, options);
  grpc::Status status;
  std::thread client([&] { status = compress(node, halves({std::string(7'000, 'x')})).status; });
  auto calls = node.entrance.take(1);
  CHECK(error_info(compress(node, halves({"small"})).status).reason() == "OVERLOADED");
  compress(calls[0]);
  calls.clear();
  client.join();
  CHECK(status.ok());
  CHECK(node.meter->count("compress", errc::overloaded) == 1);
}

TEST_CASE("places of short lines count against the budget before they are there; those of documents, too") {
  auto options = weft::test::on_any_port();
  options.reply_bytes_max = 40'000;
  std::string lines;
  for (int i = 0; i < 3'500; ++i)
    lines += "a\n";
  const auto store = std::make_shared<fake_document_store>();
  options.documents = store;
  test_node node(nullptr, options);
  grpc::Status first, status;
  std::thread waiting([&] { first = compress(node, halves({"a text"})).status; });
  auto calls = node.entrance.take(1); // of what is alone all is taken, so another one must be there
  CHECK(error_info(compress(node, halves({lines})).status).reason() == "OVERLOADED");
  auto in = halves({});
  in.add_handles(std::string(64, 'e'));
  std::thread client([&] { status = compress(node, in).status; });
  CHECK(eventually([&] { return store->reads() == 1; }));
  store->take_waiting()(std::make_shared<const std::string>(lines));
  client.join();
  CHECK(error_info(status).reason() == "OVERLOADED");
  compress(calls[0]);
  calls.clear();
  waiting.join();
  CHECK(first.ok());
}

TEST_CASE("an extract without counts has none in the reply") {
  test_node node([](const weft::call_ptr& call) {
    auto made = weft::test::fake_compressed(call->request());
    auto output = *weft::decode_compress_output(*made.items.front().document);
    output.stands_for.clear();
    made.items.front().document = std::make_shared<const std::string>(encode(output));
    call->reply(std::move(made));
  });
  const auto [status, reply] = compress(node, halves({"a text"}));
  REQUIRE(status.ok());
  CHECK(reply.items(0).compressed().kept_size() == 1);
  CHECK(reply.items(0).compressed().stands_for_size() == 0);
}
