#include "node/grpc/compress_stream.hpp"
#include "tests/node/grpc/bidi_client.hpp"
#include "tests/node/grpc/compress_world.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>

namespace pb = weft::v1;
using weft::errc;
using weft::test::compress;
using weft::test::error_info;
using weft::test::eventually;
using weft::test::test_node;

namespace {

constexpr uint32_t window_bytes = 16'384;

const auto compress_calls = [](const weft::call_ptr& call) { compress(call); };

struct stream_client
    : weft::test::bidi_client<pb::CompressService, pb::CompressStreamRequest, pb::CompressStreamResponse> {
  explicit stream_client(const test_node& node) : bidi_client(node, &pb::CompressService::Stub::CompressStream) {}
  static pb::CompressStreamRequest first_message(std::string piece = {}) {
    pb::CompressStreamRequest out;
    out.mutable_options()->set_ratio(2);
    out.set_window_bytes(window_bytes);
    out.set_piece(std::move(piece));
    return out;
  }
  bool begin(std::string piece = {}) { return stream->Write(first_message(std::move(piece))); }
  bool send(std::string piece) {
    pb::CompressStreamRequest in;
    in.set_piece(std::move(piece));
    return stream->Write(in);
  }
};

/// Lines of two-byte characters, with their numbers.
std::string long_text(size_t bytes) {
  std::string out;
  for (size_t line = 0; out.size() < bytes; ++line)
    out += "line " + std::to_string(line) + " äöüäöüäöüäöüäöü\n";
  return out;
}

} // namespace

TEST_CASE("a text of several MB is answered window by window, in order, with few windows in the node at a time") {
  // An engine thread answers windows in a shuffled order and notes how many are in the node.
  std::mutex mutex;
  std::deque<weft::call_ptr> queue;
  std::condition_variable changed;
  size_t windows_most = 0;
  bool cached = false, stop = false;
  test_node node([&](weft::call_ptr call) {
    const std::lock_guard hold(mutex);
    cached = cached || call->request().options.cached;
    queue.push_back(std::move(call));
    windows_most = std::max(windows_most, queue.size());
    changed.notify_all();
  });
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
      }
      compress(call);
    }
  });
  const auto text = long_text(5'000'000);
  stream_client client(node);
  std::thread writer([&] { // pieces of odd sizes, which cut characters
    client.begin();
    for (size_t at = 0, size = 1; at < text.size(); at += size, size = (size * 31 + 7) % 100'003)
      client.send(text.substr(at, size));
    client.stream->WritesDone();
  });
  uint64_t next = 0, end = 0, wrong = 0, tokens = 0;
  for (pb::CompressStreamResponse one; client.stream->Read(&one); ++next) {
    const auto window = std::string_view{text}.substr(end, one.window().end() - one.window().begin());
    wrong += one.index() != next || one.window().begin() != end || window.size() > window_bytes ||
             one.compressed().text() != window.substr(0, weft::test::half_of(window)) || !window.ends_with('\n') ||
             one.compressed().stands_for_size() != one.compressed().kept_size();
    end = one.window().end();
    tokens += one.info().usage().tokens();
  }
  writer.join();
  CHECK(client.stream->Finish().ok());
  CHECK(wrong == 0);
  CHECK(end == text.size());
  CHECK(next >= text.size() / window_bytes);
  CHECK(tokens == text.size());
  {
    const std::lock_guard hold(mutex);
    stop = true;
    changed.notify_all();
    CHECK(windows_most <= weft::compress_stream_limits.groups_max);
    CHECK_FALSE(cached); // a text of any length must not push all others out
  }
  engine.join();
  CHECK(node.meter->count("compress_stream", errc::none) == next);
}

TEST_CASE("a client that sends but does not read is stopped by flow control") {
  test_node node(compress_calls);
  stream_client client(node);
  const auto piece = long_text(100'000);
  std::atomic<int> sent{0};
  constexpr int messages = 500; // far more than all windows on the way
  std::thread writer([&] {
    client.begin();
    for (; sent < messages && client.send(piece); ++sent)
      ;
    client.stream->WritesDone();
  });
  CHECK(eventually([&] { return node.server.streams_stopped() == 1 || sent == messages; }));
  CHECK(sent < messages);
  uint64_t end = 0;
  for (const auto& one : client.rest())
    end = one.window().end();
  writer.join();
  CHECK(client.stream->Finish().ok());
  CHECK(end == messages * piece.size());
}

TEST_CASE("a window that fails, fails alone, in its place; a short or empty text has one window or none") {
  test_node node([](const weft::call_ptr& call) {
    if (call->request().texts.front().find("BAD") != std::string::npos)
      call->fail({errc::not_text, "text 0 is binary", {{"item", "0"}, {"byte", "7"}}});
    else
      compress(call);
  });
  auto text = long_text(4 * window_bytes);
  text.replace(2 * window_bytes, 3, "BAD");
  stream_client client(node);
  client.begin(text);
  client.stream->WritesDone();
  const auto all = client.rest();
  CHECK(client.stream->Finish().ok());
  REQUIRE(all.size() >= 4);
  uint64_t end = 0;
  for (const auto& one : all) {
    CHECK(one.window().begin() == end);
    end = one.window().end();
    const bool bad = one.window().begin() <= 2 * window_bytes && 2 * window_bytes < end;
    CHECK(one.has_error() == bad);
    CHECK(one.has_compressed() == !bad);
    if (bad) {
      CHECK(one.error().reason() == "NOT_TEXT");
      CHECK(one.error().metadata().at("byte") == "7");
    }
  }
  CHECK(end == text.size());

  for (const auto& [piece, windows] : {std::pair{"", 0u}, {"short", 1u}}) {
    stream_client other(node);
    other.begin(piece);
    other.stream->WritesDone();
    CHECK(other.rest().size() == windows);
    CHECK(other.stream->Finish().ok());
  }
  stream_client silent(node);
  silent.stream->WritesDone();
  CHECK(silent.rest().empty());
  CHECK(silent.stream->Finish().ok());
}

TEST_CASE("mega-tokens come in the encoding that the first message asks for") {
  test_node node(compress_calls);
  stream_client client(node);
  auto in = stream_client::first_message("some text");
  in.mutable_options()->set_mega_tokens(1);
  in.mutable_options()->set_encoding(pb::VECTOR_ENCODING_BINARY);
  client.stream->Write(in);
  client.stream->WritesDone();
  const auto all = client.rest();
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].compressed().mega_tokens_size() == 1);
  CHECK(all[0].compressed().mega_tokens(0).values_size() == 0);
  CHECK(all[0].compressed().mega_tokens(0).packed() == std::string(1, 0b00101)); // 0.5, -0.25, 1, 0, -1
  CHECK(all[0].info().dimensions() == 5);
}

TEST_CASE("a first message that cannot be meant ends the stream, and names the field") {
  test_node node(compress_calls);
  using change = void (*)(pb::CompressStreamRequest&);
  for (const auto& [field, make] : std::initializer_list<std::pair<const char*, change>>{
           {"options.tokens",
            [](auto& in) {
              in.mutable_options()->clear_ratio();
              in.mutable_options()->set_tokens(100);
            }},
           {"options.ratio", [](auto& in) { in.clear_options(); }},
           {"options.ratio", [](auto& in) { in.mutable_options()->set_ratio(33); }},
           {"window_bytes", [](auto& in) { in.set_window_bytes(window_bytes - 1); }},
           {"window_bytes", [](auto& in) { in.set_window_bytes(weft::window_bytes_max + 1); }},
       }) {
    CAPTURE(field);
    auto in = stream_client::first_message("x");
    make(in);
    stream_client client(node);
    client.stream->Write(in);
    CHECK(client.rest().empty());
    const auto status = client.stream->Finish();
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(status).metadata().at("field") == field);
  }
}

TEST_CASE("a later message may repeat the first one's options; what contradicts them ends the stream") {
  test_node node(compress_calls);
  using change = void (*)(pb::CompressStreamRequest&);
  for (const auto& [field, make] : std::initializer_list<std::pair<const char*, change>>{
           {"", [](auto&) {}},
           {"", [](auto& in) { in.set_window_bytes(0); }},
           {"options", [](auto& in) { in.mutable_options()->set_ratio(3); }},
           {"options", [](auto& in) { in.mutable_options()->set_encoding(pb::VECTOR_ENCODING_INT8); }},
           {"model", [](auto& in) { in.set_model("other"); }},
           {"window_bytes", [](auto& in) { in.set_window_bytes(2 * window_bytes); }},
       }) {
    CAPTURE(field);
    stream_client client(node);
    auto in = stream_client::first_message("x");
    client.stream->Write(in);
    make(in);
    client.stream->Write(in);
    client.stream->WritesDone();
    const auto all = client.rest();
    const auto status = client.stream->Finish();
    if (std::string_view{field}.empty()) {
      CHECK(status.ok());
      REQUIRE(all.size() == 1);
      CHECK(all[0].window().end() == 2);
    } else {
      CHECK(error_info(status).metadata().at("field") == field);
    }
  }
}

TEST_CASE("a refusal of the options by the node ends the stream, overload only makes it wait") {
  std::atomic<int> refusals{2};
  test_node node([&](const weft::call_ptr& call) {
    if (refusals-- > 0)
      call->fail({errc::overloaded, "full", {}, std::chrono::milliseconds(10)});
    else
      compress(call);
  });
  stream_client patient(node);
  patient.begin("some text");
  patient.stream->WritesDone();
  CHECK(patient.rest().size() == 1);
  CHECK(patient.stream->Finish().ok());
  CHECK(node.meter->count("compress_stream", errc::overloaded) == 2);

  stream_client refused(node);
  refused.begin("INVALID_ARGUMENT as a pattern would be that RE2 refuses");
  refused.stream->WritesDone();
  CHECK(refused.rest().empty());
  CHECK(error_info(refused.stream->Finish()).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("a client that goes away takes its windows with it") {
  test_node node{nullptr};
  stream_client client(node);
  client.begin(long_text(8 * window_bytes));
  auto calls = node.entrance.take(4);
  CHECK(calls.size() == 4);
  client.rpc.TryCancel();
  CHECK_FALSE(client.stream->Finish().ok());
  for (const auto& call : calls)
    CHECK(eventually([&] { return call->ended(); }));
  calls.clear();
}

TEST_CASE("what streams gather for windows is bounded over all of them, and given back when they end") {
  const auto budget = std::make_shared<weft::byte_budget>(3 * window_bytes);
  const weft::test::fake_node_view view;
  const auto bytes = [](const pb::CompressStreamRequest& in) {
    const grpc::Slice slice(in.SerializeAsString());
    return grpc::ByteBuffer(&slice, 1);
  };
  std::deque<weft::compress_stream_codec> streams;
  for (int i = 0; i < 3; ++i)
    CHECK(streams.emplace_back(budget).read(bytes(stream_client::first_message("a piece")), view));
  weft::compress_stream_codec fourth(budget);
  const auto refused = fourth.read(bytes(stream_client::first_message("x")), view);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(refused.error().retry_after);
  CHECK(fourth.rest().texts.empty());
  CHECK(streams.front().rest().texts == std::vector<std::string>{"a piece"});
  streams.clear();
  CHECK(budget->bytes_held() == 0);
}
