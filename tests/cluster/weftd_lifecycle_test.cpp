#include "tests/cluster/weftd_fixture.hpp"
#include "tests/support/tcp_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <vector>

using namespace weft::test;

namespace {

constexpr int calls = 4;

/// Calls on their way: long enough for the node to say that all are in flight, however fast its machine is.
struct calls_in_flight {
  explicit calls_in_flight(running_weftd& weftd, int texts_first = 16) {
    for (texts = texts_first; !all_admitted(weftd); texts = std::min(texts * 4, 1'024)) // the most a call may have
      answers.clear(); // they were answered too soon: more work
  }
  bool all_admitted(running_weftd& weftd) {
    for (int i = 0; i < calls; ++i)
      answers.push_back(std::async(std::launch::async, [&weftd, count = texts] {
        const auto own = weftd.connect();
        return embed(*own, long_texts(count));
      }));
    const std::string wanted = "\nweft_calls_in_flight " + std::to_string(calls) + '\n';
    while (answers.front().wait_for(std::chrono::seconds{0}) != std::future_status::ready)
      if (http_get(weftd.process.http_port(), "/metrics").find(wanted) != std::string::npos)
        return true;
    return false;
  }
  int texts = 0;
  std::vector<std::future<std::pair<grpc::Status, weft::v1::EmbedResponse>>> answers;
};

std::string config(const std::string& rest) {
  return "[node]\npeer = \"127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\nhttp = \"127.0.0.1:0\"\n" + rest;
}

/// A weftd with a file, so that a test can change it.
struct configured_weftd : temporary_directory {
  explicit configured_weftd(const std::string& rest)
      : file(write("n.toml", config(rest))),
        process({.arguments = {"--config", file.string(), "--data-dir", (path() / "data").string(), "--log-format",
                               "json", "--model-dir", weft::model_directory().string()}}) {
    process.wait_ready();
    stub = weft::v1::EmbedService::NewStub(
        grpc::CreateChannel(process.client_address(), grpc::InsecureChannelCredentials()));
  }
  std::filesystem::path file;
  weftd_process process;
  std::unique_ptr<weft::v1::EmbedService::Stub> stub;
};

} // namespace

TEST_CASE("SIGHUP takes over a good file, names what needs a restart, and keeps the last good one of a bad file") {
  configured_weftd weftd{"[limits]\nitems_max = 2\n"};
  const auto three = texts({"a", "b", "c"});
  CHECK(reason(embed(*weftd.stub, three).first) == "TOO_MANY_ITEMS");

  weftd.write("n.toml", config("name = \"renamed\"\n[limits]\nitems_max = 3\n"));
  weftd.process.send_signal(SIGHUP);
  CHECK(weftd.process.wait_for_line("changed")["key"] == "limits.items_max = 3 (was 2)");
  CHECK(weftd.process.wait_for_line("needs a restart")["key"] == "node.name = \"renamed\" (was \"n1\")");
  weftd.process.wait_for_line("reloaded");
  CHECK(embed(*weftd.stub, three).first.ok());

  weftd.write("n.toml", config("[limits]\nitems_max = 1\nitem_max = 1\n"));
  weftd.process.send_signal(SIGHUP);
  const auto refused = weftd.process.wait_for_line("reload refused, the running configuration stays");
  CHECK(refused["reason"].get<std::string>().find("n.toml:7: limits.item_max is not a key") != std::string::npos);
  CHECK(embed(*weftd.stub, three).first.ok());

  weftd.process.send_signal(SIGTERM);
  CHECK(weftd.process.wait_exit() == 0);
}

TEST_CASE("SIGTERM answers every call in flight, refuses new ones, and ends with exit code 0") {
  // As slow as it can, so that there is time to look at the draining node.
  running_weftd weftd{
      {"--set", "node.drain_seconds_max=300", "--set", "modes.plain=true", "--set", "model.precision=fp32"}};
  calls_in_flight flight{weftd};
  weftd.process.send_signal(SIGTERM);
  const auto line = weftd.process.wait_for_line("draining: no new calls, waiting for those in flight");
  CHECK(line["signal"] == "SIGTERM");
  const auto late = embed(*weftd.stub, texts({"late"})).first;
  CHECK(late.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(reason(late) == "DRAINING");
  CHECK(http_get(weftd.process.http_port(), "/readyz").starts_with("HTTP/1.1 503"));
  CHECK(http_get(weftd.process.http_port(), "/healthz").starts_with("HTTP/1.1 200"));
  for (auto& answer : flight.answers) {
    const auto [status, reply] = answer.get();
    CHECK_MESSAGE(status.ok(), status.error_message());
    CHECK(reply.embeddings_size() == flight.texts);
  }
  CHECK(weftd.process.wait_exit() == 0);
}

TEST_CASE("a second signal stops at once, and clients hear of it") {
  running_weftd weftd;
  calls_in_flight flight{weftd};
  weftd.process.send_signal(SIGTERM);
  weftd.process.wait_for_line("draining: no new calls, waiting for those in flight");
  weftd.process.send_signal(SIGTERM);
  CHECK(weftd.process.wait_exit() == 6);
  CHECK(weftd.process.errors().find("second signal: stopping at once") != std::string::npos);
  for (auto& answer : flight.answers)
    CHECK(answer.get().first.error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("when the drain limit passes, the node says how many calls it gave up, and answers them") {
  running_weftd weftd{{"--set", "node.drain_seconds_max=0"}};
  calls_in_flight flight{weftd, 1'024}; // the most a call may have: seconds of work, of which each gets its share
  weftd.process.send_signal(SIGTERM);
  const auto line = weftd.process.wait_for_line("stopping with calls in flight");
  CHECK(line["calls_in_flight"] == std::to_string(calls));
  for (auto& answer : flight.answers)
    CHECK_FALSE(answer.get().first.ok());
  CHECK(weftd.process.wait_exit() == 6);
}

TEST_CASE("a stream answers everything it has read before the node stops, and says why it ends") {
  running_weftd weftd{{"--set", "node.drain_seconds_max=300"}};
  grpc::ClientContext context;
  const auto stream = weftd.stub->EmbedStream(&context);
  constexpr int count = 4'000; // more than may be with the actors at once
  weft::v1::EmbedStreamRequest request;
  for (int i = 0; i < count; ++i)
    request.add_texts("text " + std::to_string(i));
  REQUIRE(stream->Write(request));
  weft::v1::EmbedStreamResponse response;
  REQUIRE(stream->Read(&response)); // so the message was read
  weftd.process.send_signal(SIGTERM);
  int answers = 1;
  for (; stream->Read(&response); ++answers)
    CHECK(response.has_embedding());
  CHECK(answers == count);
  CHECK(reason(stream->Finish()) == "DRAINING");
  CHECK(weftd.process.wait_exit() == 0);
}

TEST_CASE("an idle stream does not hold up a drain, and SIGINT drains as well") {
  running_weftd weftd;
  grpc::ClientContext context;
  const auto stream = weftd.stub->EmbedStream(&context);
  weft::v1::EmbedStreamRequest request;
  request.add_texts("one");
  REQUIRE(stream->Write(request));
  weft::v1::EmbedStreamResponse response;
  REQUIRE(stream->Read(&response));
  CHECK(response.embedding().values_size() == 384);
  weftd.process.send_signal(SIGINT);
  CHECK(weftd.process.wait_exit() == 0);
  CHECK_FALSE(stream->Read(&response));
  CHECK_FALSE(stream->Finish().ok());
}

TEST_CASE("a lazy model is opened by the first call") {
  running_weftd weftd{{"--set", "model.load=lazy"}};
  CHECK(http_get(weftd.process.http_port(), "/metrics").find(R"(state="unloaded"} 1)") != std::string::npos);
  CHECK(embed(*weftd.stub, texts({"a"})).first.ok());
  CHECK(weftd.process.wait_for_line("model opened")["model"] == "all-MiniLM-L6-v2");
}
