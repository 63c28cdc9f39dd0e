#include "node/grpc/stream_retry.hpp"
#include "tests/node/grpc/bidi_client.hpp"

#include <atomic>
#include <deque>
#include <thread>

namespace pb = weft::v1;
using namespace std::chrono_literals;
using weft::errc;
using weft::test::eventually;
using weft::test::test_node;

namespace {

struct stream_client : weft::test::bidi_client<pb::EmbedService, pb::EmbedStreamRequest, pb::EmbedStreamResponse> {
  explicit stream_client(const test_node& node) : bidi_client(node, &pb::EmbedService::Stub::EmbedStream) {}
  bool send(std::vector<std::string> texts) {
    pb::EmbedStreamRequest in;
    for (auto& text : texts)
      in.add_texts(std::move(text));
    return stream->Write(in);
  }
};

std::string text_number(int i) {
  return "text " + std::to_string(i);
}

/// Fails a call for the first text that begins with "bad", as a tokenizer would.
void answer_unless_bad(const weft::call_ptr& call) {
  const auto& texts = call->request().texts;
  for (size_t i = 0; i < texts.size(); ++i)
    if (texts[i].starts_with("bad"))
      return call->fail(
          {errc::invalid_utf8, "text " + std::to_string(i) + " is bad", {{"item", std::to_string(i)}}, {}});
  weft::test::answer(call);
}

} // namespace

TEST_CASE("a stream of 10 000 texts is answered in order, and only a window of them is ever in the node") {
  // An engine thread answers groups in a shuffled order and notes how many texts are in the node.
  std::mutex mutex;
  std::deque<weft::call_ptr> queue;
  std::condition_variable changed;
  size_t items = 0, items_most = 0;
  bool stop = false;
  auto options = weft::test::on_any_port();
  options.stream = {.items_max = 256, .bytes_max = 1 << 20, .group_items_max = 32, .group_bytes_max = 1 << 16};
  test_node node(
      [&](weft::call_ptr call) {
        const std::lock_guard hold(mutex);
        items += call->request().texts.size();
        items_most = std::max(items_most, items);
        queue.push_back(std::move(call));
        changed.notify_all();
      },
      options);
  std::thread engine([&] {
    for (uint32_t turn = 0;; ++turn) {
      weft::call_ptr call;
      {
        std::unique_lock hold(mutex);
        changed.wait(hold, [&] { return stop || !queue.empty(); });
        if (stop)
          return;
        const size_t pick = turn * 7 % queue.size();
        call = std::move(queue[pick]);
        queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(pick));
        items -= call->request().texts.size();
      }
      weft::test::answer(call);
    }
  });

  stream_client client(node);
  constexpr int count = 10'000;
  std::thread writer([&] {
    for (int i = 0; i < count;) { // messages of 1 to 97 texts
      std::vector<std::string> texts;
      for (int size = 1 + i % 97; size > 0 && i < count; --size)
        texts.push_back(text_number(i++));
      client.send(std::move(texts));
    }
    client.stream->WritesDone();
  });
  uint64_t next = 0, wrong = 0, tokens = 0, charged = 0;
  for (pb::EmbedStreamResponse one; client.stream->Read(&one); ++next) {
    const auto want = weft::test::fake_embedding(text_number(static_cast<int>(next)));
    const auto& got = one.embedding().values();
    wrong += one.index() != next || !std::equal(got.begin(), got.end(), want.values.begin(), want.values.end());
    tokens += one.embedding().tokens();
    charged += one.info().usage().tokens();
  }
  writer.join();
  CHECK(client.stream->Finish().ok());
  CHECK(next == count);
  CHECK(wrong == 0);
  CHECK(tokens == charged); // each group's usage comes once
  {
    const std::lock_guard hold(mutex);
    stop = true;
    changed.notify_all();
    CHECK(items_most <= 256);
    CHECK(items_most > 64);
  }
  engine.join();
}

TEST_CASE("a client that sends but does not read is stopped by flow control") {
  std::atomic<size_t> texts{0};
  auto options = weft::test::on_any_port();
  options.stream.items_max = 128;
  test_node node(
      [&](const weft::call_ptr& call) {
        texts += call->request().texts.size();
        weft::test::answer(call);
      },
      options);
  stream_client client(node);
  // 50 MB would be far more than all windows on the way; the writer must come to rest before that.
  std::atomic<int> sent{0};
  constexpr int messages = 500;
  std::thread writer([&] {
    for (; sent < messages && client.send(std::vector<std::string>(100, std::string(1'000, 'x'))); ++sent)
      ;
    client.stream->WritesDone();
  });
  CHECK(eventually([&] { return node.server.streams_stopped() == 1 || sent == messages; }));
  CHECK(sent < messages);
  size_t answers = 0;
  for (pb::EmbedStreamResponse one; client.stream->Read(&one); ++answers)
    ;
  writer.join();
  CHECK(client.stream->Finish().ok());
  CHECK(answers == 100 * messages);
  CHECK(texts == 100 * messages);
}

TEST_CASE("all streams together hold a bounded number of bytes, and go on in order when some are free") {
  auto options = weft::test::on_any_port();
  options.share.bytes_max = 200'000;
  test_node node{nullptr, options};
  const std::string large(80'000, 'x'); // more than any stream may have in any case
  std::vector<std::unique_ptr<stream_client>> clients;
  const auto open = [&] { clients.push_back(std::make_unique<stream_client>(node)); };
  std::vector<weft::call_ptr> calls;
  for (int i = 0; i < 2; ++i) { // one after the other: streams do not keep an order among them
    open();
    clients.back()->send({large});
    calls.push_back(node.entrance.take(1)[0]);
  }
  for (uint64_t stopped = 1; stopped <= 3; ++stopped) {
    open();
    clients.back()->send({large + std::to_string(stopped)});
    CHECK(eventually([&] { return node.server.streams_stopped() == stopped; }));
  }
  // Small messages of streams that hold nothing pass, so that streams nobody reads do not stop the others.
  open();
  clients.back()->send({"small"});
  weft::test::answer(node.entrance.take(1)[0]);
  pb::EmbedStreamResponse one;
  CHECK(clients.back()->stream->Read(&one));
  // A stream that ends in line leaves it.
  clients[3]->rpc.TryCancel();
  CHECK_FALSE(clients[3]->stream->Finish().ok());
  CHECK(eventually([&] { return node.server.streams_stopped() == 2; }));
  for (int i = 0; i < 2; ++i) {
    weft::test::answer(calls[static_cast<size_t>(i)]);
    CHECK(clients[static_cast<size_t>(i)]->stream->Read(&one));
  }
  calls = node.entrance.take(2);
  CHECK(calls[0]->request().texts[0].back() == '1');
  CHECK(calls[1]->request().texts[0].back() == '3');
  CHECK(eventually([&] { return node.server.streams_stopped() == 0; }));
}

TEST_CASE("messages of one text each go together, so that a stream has few calls in the node") {
  auto options = weft::test::on_any_port();
  options.stream.items_max = 256;
  test_node node{nullptr, options};
  stream_client client(node);
  for (int i = 0; i < 300; ++i)
    client.send({text_number(i)});
  CHECK(eventually([&] { return node.server.streams_stopped() == 1; }));
  auto calls = node.entrance.take(1);
  CHECK(calls.size() == 16);
  weft::test::answer(calls[0]);
  auto more = node.entrance.take(1);
  CHECK(more[0]->request().texts.size() == 64);
  client.rpc.TryCancel();
}

TEST_CASE("a bad text fails alone, in its place") {
  test_node node(answer_unless_bad);
  stream_client client(node);
  client.send({"a", "bad 1", "c", "bad 2"});
  client.send({"e"});
  client.stream->WritesDone();
  const auto all = client.rest();
  CHECK(client.stream->Finish().ok());
  REQUIRE(all.size() == 5);
  for (size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].index() == i);
    const bool bad = i == 1 || i == 3;
    CHECK(all[i].has_error() == bad);
    CHECK(all[i].has_embedding() == !bad);
    if (bad) {
      CHECK(all[i].error().reason() == "INVALID_UTF8");
      CHECK(all[i].error().code() == grpc::StatusCode::INVALID_ARGUMENT);
    }
  }
}

TEST_CASE(
    "model and options of the first message hold for all; what contradicts them ends the stream after its answers") {
  std::mutex mutex;
  std::vector<weft::embed_request> seen;
  test_node node([&](const weft::call_ptr& call) {
    {
      const std::lock_guard hold(mutex);
      seen.push_back(call->request());
    }
    weft::test::answer(call);
  });
  stream_client client(node);
  pb::EmbedStreamRequest in;
  in.set_model("m");
  in.mutable_options()->set_normalize(false);
  in.add_texts("a");
  client.stream->Write(in);
  client.send({"b"});       // unset
  client.stream->Write(in); // repeated
  in.set_model("other");
  client.stream->Write(in);
  const auto all = client.rest();
  const auto status = client.stream->Finish();
  CHECK(all.size() == 3);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(weft::test::error_info(status).metadata().at("field") == "model");
  CHECK(node.meter->count("embed_stream", errc::invalid_argument) == 1);
  REQUIRE(seen.size() == 3);
  for (const auto& request : seen) {
    CHECK(request.model == "m");
    CHECK_FALSE(request.options.normalize);
  }
}

TEST_CASE("an error that holds for every text ends the stream with a status") {
  test_node node([](const weft::call_ptr& call) { call->fail({errc::unknown_model, "no such model"}); });
  stream_client client(node);
  client.send({"a", "b"});
  CHECK(client.rest().empty()); // the client has not half-closed
  const auto status = client.stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(weft::test::error_info(status).reason() == "UNKNOWN_MODEL");
}

TEST_CASE("a busy node makes a stream wait, not fail") {
  std::atomic<int> refused{0};
  test_node node([&](const weft::call_ptr& call) {
    if (refused.fetch_add(1) < 3)
      call->fail({errc::overloaded, "busy", {}, 1ms});
    else
      weft::test::answer(call);
  });
  stream_client client(node);
  client.send({"a"});
  client.send({"b", "c"});
  client.stream->WritesDone();
  const auto all = client.rest();
  CHECK(client.stream->Finish().ok());
  REQUIRE(all.size() == 3);
  for (size_t i = 0; i < all.size(); ++i)
    CHECK(all[i].index() == i);
  CHECK(refused > 3);
  CHECK(node.meter->count("embed_stream", errc::overloaded) == 3);
}

TEST_CASE("a stream that had to wait is freed when it is over, answered or not") {
  std::shared_ptr<weft::test::counting_meter> meter;
  for (const bool answered : {true, false}) {
    CAPTURE(answered);
    std::atomic<int> refused{0};
    {
      test_node node([&](const weft::call_ptr& call) {
        if (refused.fetch_add(1) < 3 || !answered)
          call->fail({errc::overloaded, "busy", {}, 1ms});
        else
          weft::test::answer(call);
      });
      meter = node.meter;
      stream_client client(node);
      client.send({"a"});
      client.send({"b"});
      client.stream->WritesDone();
      if (!answered) {
        CHECK(eventually([&] { return refused > 3; }));
        client.rpc.TryCancel();
      }
      CHECK(client.rest().size() == (answered ? 2 : 0));
      CHECK(client.stream->Finish().ok() == answered);
    }
    // Each stream holds what all share, and that holds the meter.
    CHECK(eventually([&] { return meter.use_count() == 1; }));
  }
}

TEST_CASE("a cancelled stream leaves no call that still looks wanted") {
  for (int round = 0; round < 50; ++round) {
    std::mutex mutex;
    std::vector<weft::call_ptr> calls;
    test_node node([&](weft::call_ptr call) {
      const std::lock_guard hold(mutex);
      calls.push_back(std::move(call));
    });
    stream_client client(node);
    for (int i = 0; i < 20; ++i)
      client.send({text_number(i)});
    client.rpc.TryCancel();
    CHECK_FALSE(client.stream->Finish().ok());
    node.server.shutdown(60s); // no handler runs after that
    const std::lock_guard hold(mutex);
    for (const auto& call : calls)
      CHECK(call->ended());
    calls.clear();
  }
}

TEST_CASE("the wait before a retry grows from the advice to a second, and half of it is by chance") {
  CHECK(weft::stream_wait(1, 20ms, 0) == 10ms);
  CHECK(weft::stream_wait(1, 20ms, 1) == 20ms);
  CHECK(weft::stream_wait(3, 20ms, 1) == 80ms);
  CHECK(weft::stream_wait(100, 20ms, 1) == 1'000ms);
  CHECK(weft::stream_wait(1, 0ms, 1) == 10ms);
  CHECK(weft::stream_wait(1, 60'000ms, 0) == 500ms);
}

TEST_CASE("a client that vanishes mid-stream ends its calls and frees what they hold") {
  test_node node{nullptr};
  auto permit = std::make_shared<int>(0);
  std::vector<weft::call_ptr> calls;
  {
    stream_client client(node);
    client.send({"a", "b"});
    calls = node.entrance.take(1);
    calls[0]->hold(permit);
    CHECK_FALSE(calls[0]->ended());
    client.rpc.TryCancel();
    CHECK(client.stream->Finish().error_code() == grpc::StatusCode::CANCELLED);
  }
  CHECK(eventually([&] { return calls[0]->ended(); }));
  weft::test::answer(calls[0]); // too late, harmless
  calls.clear();
  CHECK(eventually([&] { return permit.use_count() == 1; }));
}

TEST_CASE("a stopping node answers what it has read and ends idle and busy streams with DRAINING") {
  test_node node{nullptr};
  stream_client idle(node), busy(node);
  busy.send({"a"});
  auto calls = node.entrance.take(1);
  std::thread stopping([&] { node.server.shutdown(60s); });
  CHECK(idle.rest().empty());
  CHECK(weft::test::error_info(idle.stream->Finish()).reason() == "DRAINING");
  weft::test::answer(calls[0]);
  calls.clear();
  CHECK(busy.rest().size() == 1);
  CHECK(weft::test::error_info(busy.stream->Finish()).reason() == "DRAINING");
  stopping.join();
}

TEST_CASE("too many open streams are refused, and a closed one makes room") {
  auto options = weft::test::on_any_port();
  options.streams_max = 1;
  test_node node(weft::test::answer, options);
  auto first = std::make_unique<stream_client>(node);
  first->send({"a"});
  pb::EmbedStreamResponse one;
  REQUIRE(first->stream->Read(&one)); // it is open
  {
    stream_client second(node);
    CHECK(second.rest().empty());
    const auto status = second.stream->Finish();
    CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(second.rpc.GetServerTrailingMetadata().count("grpc-retry-pushback-ms") == 1);
  }
  first->stream->WritesDone();
  CHECK(first->rest().empty());
  CHECK(first->stream->Finish().ok());
  // The client sees the end before the node has put the stream away.
  CHECK(eventually([&] {
    stream_client third(node);
    third.send({"b"});
    third.stream->WritesDone();
    return third.rest().size() == 1;
  }));
}

TEST_CASE("a stream without texts ends well, and a message without texts has no answer") {
  test_node node;
  stream_client client(node);
  client.send({});
  client.send({"a"});
  client.send({});
  client.stream->WritesDone();
  CHECK(client.rest().size() == 1);
  CHECK(client.stream->Finish().ok());
}
