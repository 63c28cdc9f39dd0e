#include "tests/cluster/weftd_fixture.hpp"
#include "tests/support/tcp_client.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace weft::test;

namespace {

double cosine(const weft::v1::Embedding& a, const weft::v1::Embedding& b) {
  REQUIRE(a.values_size() == b.values_size());
  double dot = 0;
  double aa = 0;
  double bb = 0;
  for (int i = 0; i < a.values_size(); ++i) {
    dot += a.values(i) * b.values(i);
    aa += a.values(i) * a.values(i);
    bb += b.values(i) * b.values(i);
  }
  return dot / std::sqrt(aa * bb);
}

bool has_line(const std::string& page, const std::string& line) {
  return page.find('\n' + line + '\n') != std::string::npos;
}

} // namespace

TEST_CASE("weftd embeds with the real model, in any precision, and the reply says what computed it") {
  for (const auto* precision : {"fp32", "auto"}) {
    CAPTURE(precision);
    running_weftd weftd{{"--set", std::string{"model.precision="} + precision}};
    const auto [status, reply] =
        embed(*weftd.stub, texts({"This is an example sentence", "", "Each sentence is converted"}));
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    REQUIRE(reply.embeddings_size() == 3);
    // Published by the model's makers.
    const double tolerance = std::string_view{precision} == "fp32" ? 1e-5 : 2e-3;
    CHECK(reply.embeddings(0).values(0) == doctest::Approx(0.06765693).epsilon(tolerance));
    CHECK(reply.embeddings(0).values(1) == doctest::Approx(0.06349593).epsilon(tolerance));
    CHECK(reply.embeddings(0).values(2) == doctest::Approx(0.04871314).epsilon(tolerance));
    CHECK(reply.embeddings(0).tokens() == 7);
    CHECK(reply.embeddings(1).tokens() == 2); // [CLS][SEP]
    CHECK(reply.info().model() == "all-MiniLM-L6-v2");
    CHECK(reply.info().model_version().size() == 12);
    CHECK(reply.info().dimensions() == 384);
    CHECK(reply.info().usage().tokens() == 7u + 2u + reply.embeddings(2).tokens());
    CHECK((std::string_view{precision} == "auto" || reply.info().precision() == "fp32"));
    CHECK(cosine(reply.embeddings(0), reply.embeddings(2)) < 0.9);
  }
}

TEST_CASE("metrics count what was computed, promtool finds them clean, and the probes answer") {
  running_weftd weftd;
  const auto port = weftd.process.http_port();
  REQUIRE(embed(*weftd.stub, texts({"one", "two", "three"})).first.ok());
  REQUIRE_FALSE(embed(*weftd.stub, texts({})).first.ok());
  const auto page = http_get(port, "/metrics");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has_line(page, R"(weft_engine_items_total{device="cpu:0"} 3)"));
  CHECK(has_line(page, R"(weft_calls_total{code="OK",operation="embed"} 1)"));
  CHECK(has_line(page, R"(weft_calls_total{code="INVALID_ARGUMENT",operation="embed"} 1)"));
  CHECK(has_line(page, R"(weft_call_seconds_count{operation="embed"} 1)"));

  const auto body = weftd.folder.write("page.txt", page.substr(page.find("\r\n\r\n") + 4));
  const auto said = weftd.folder.path() / "said.txt";
  const int code = std::system(("promtool check metrics <" + body.string() + " >" + said.string() + " 2>&1").c_str());
  std::ifstream in{said};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  CHECK_MESSAGE(code == 0, text);
  CHECK_MESSAGE(text.empty(), text);

  CHECK(http_get(port, "/healthz").starts_with("HTTP/1.1 200"));
  CHECK(http_get(port, "/readyz").ends_with("serving\n"));
  CHECK(http_get(port, "/nothing").starts_with("HTTP/1.1 404"));
}

TEST_CASE("bad input is answered with a reason each, and the node goes on") {
  running_weftd weftd;
  auto unknown_model = texts({"a"});
  unknown_model.set_model("no-such-model");
  auto refused = long_texts(1);
  refused.mutable_options()->set_truncate(false);
  for (const auto& [request, code, wanted] :
       std::vector<std::tuple<weft::v1::EmbedRequest, grpc::StatusCode, std::string>>{
           {texts({}), grpc::StatusCode::INVALID_ARGUMENT, "EMPTY_CALL"},
           {texts(std::vector<std::string>(1'025, "a")), grpc::StatusCode::INVALID_ARGUMENT, "TOO_MANY_ITEMS"},
           {texts(std::vector<std::string>(100'000, "a")), grpc::StatusCode::INVALID_ARGUMENT, "TOO_MANY_ITEMS"},
           {texts({std::string(17'000'000, 'a')}), grpc::StatusCode::INVALID_ARGUMENT, "TEXT_TOO_LARGE"},
           {refused, grpc::StatusCode::INVALID_ARGUMENT, "TEXT_TOO_LONG"},
           {unknown_model, grpc::StatusCode::NOT_FOUND, "UNKNOWN_MODEL"}}) {
    CAPTURE(wanted);
    const auto status = embed(*weftd.stub, request).first;
    CHECK(status.error_code() == code);
    CHECK(reason(status) == wanted);
  }
  const auto good = embed(*weftd.stub, texts({std::string(10'000'000, 'a'), std::string("nul\0nul", 7)}));
  REQUIRE_MESSAGE(good.first.ok(), good.first.error_message());
  CHECK(good.second.embeddings_size() == 2);
  weftd.process.send_signal(SIGTERM);
  CHECK(weftd.process.wait_exit() == 0);
}

TEST_CASE("the log has the request id that the client gets back, of failed calls always and of others at debug level") {
  running_weftd weftd{{"--log-level", "debug"}};
  for (const auto& [request, text, level] :
       {std::tuple{texts({"a"}), "call answered", "debug"}, {texts({}), "call failed: EMPTY_CALL", "info"}}) {
    CAPTURE(text);
    grpc::ClientContext context;
    weft::v1::EmbedResponse reply;
    weftd.stub->Embed(&context, request, &reply);
    const auto& metadata = context.GetServerInitialMetadata();
    REQUIRE(metadata.contains("x-request-id"));
    const auto id = metadata.find("x-request-id")->second;
    const auto line = weftd.process.wait_for_line(text);
    CHECK(line["request_id"] == std::string(id.data(), id.size()));
    CHECK(line["level"] == level);
    CHECK(line["operation"] == "embed");
  }
}

TEST_CASE("a key that weftd makes opens a node that has only its hash") {
  weftd_process maker{{.arguments = {"make-api-key", "--name", "alice", "--role", "client"}}};
  REQUIRE(maker.wait_exit() == 0);
  const auto value = [&](const std::string& label) {
    const auto at = maker.output().find(label) + label.size();
    const auto begin = maker.output().find_first_not_of(" \"", at);
    return maker.output().substr(begin, maker.output().find_first_of("\"\n", begin) - begin);
  };
  const auto key = value("key, shown this once:");
  const auto line = value("line for auth.api_keys:");
  CHECK(line.find(key) == std::string::npos);

  running_weftd weftd{{"--set", "auth.api_keys=" + line}};
  CHECK(embed(*weftd.stub, texts({"a"}), key).first.ok());
  for (const auto& wrong : {std::string{}, key + "x", std::string{"weft_"}}) {
    const auto status = embed(*weftd.stub, texts({"a"}), wrong).first;
    CHECK(status.error_code() == grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_CASE("plain mode gives the same vectors") {
  running_weftd plain{{"--set", "modes.plain=true"}};
  running_weftd clever;
  const auto request = texts({"a short text", "another one", "and a third, somewhat longer one"});
  const auto one = embed(*plain.stub, request);
  const auto other = embed(*clever.stub, request);
  REQUIRE(one.first.ok());
  REQUIRE(other.first.ok());
  for (int i = 0; i < 3; ++i)
    CHECK(cosine(one.second.embeddings(i), other.second.embeddings(i)) > 0.99999);
}
