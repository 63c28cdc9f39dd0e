#include "tools/weft/compress_stream.hpp"

#include "tools/weft/piece_window.hpp"
#include "tools/weft/stall_watch.hpp"
#include "weft/v1/compress.grpc.pb.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <utility>

namespace weft::cli {
namespace {

constexpr uint32_t window_bytes_default = 256 << 10;

// Some windows are being compressed, some wait there, one is being filled.
constexpr size_t windows_unanswered = 8;

uint32_t window_bytes_of(const compress_stream_settings& settings) {
  return settings.window_bytes == 0 ? window_bytes_default : settings.window_bytes;
}

/// One stream to one node: a writer thread, a watching thread, and the caller, who reads.
class attempt {
public:
  /// windows: how many are answered before.
  attempt(client& to, piece_window& pieces, const compress_stream_settings& settings, uint64_t windows)
      : to_(to), pieces_(pieces), settings_(settings), windows_before_(windows), bytes_before_(pieces.begin()),
        watch_(context_, {.stall_max = settings.stall_max,
                          .is_due = [this] { return !delivering_ && answer_is_due(); },
                          .is_over = [this] { return pieces_.closed(); }}) {
    to.prepare(context_);
    stub_ = v1::CompressService::NewStub(to.channel());
    stream_ = stub_->CompressStream(&context_);
  }

  /// Until the stream ends. REQUIRES: nothing of `pieces` was taken since the last rewind().
  grpc::Status run(const compress_sink& sink, uint64_t generation) {
    std::thread writer{[&] { write(generation); }};
    watch_.start();
    v1::CompressStreamResponse answer;
    while (stream_->Read(&answer)) {
      delivering_ = true; // whoever reads our output may take its time
      if (!pieces_.answer(bytes_before_ + answer.window().end()))
        astray_ = true;
      if (astray_ || !deliver(answer, sink))
        context_.TryCancel();
      watch_.answered();
      delivering_ = false;
    }
    all_answered_ = pieces_.all_sent() && pieces_.outstanding() == 0;
    pieces_.rewind(); // the writer's generation is over
    writer.join();
    const grpc::Status status = stream_->Finish();
    watch_.end();
    return status;
  }

  /// What a stream that ended too early means.
  problem explain(const grpc::Status& status) const {
    if (watch_.stalled())
      return watch_.explain(to_.endpoint());
    if (astray_)
      return {.what = to_.endpoint() + " answered windows out of their order", .advice = advice_for("INTERNAL")};
    if (status.ok())
      return to_.failed({grpc::StatusCode::UNAVAILABLE, "the stream ended early"}, context_);
    return to_.failed(status, context_);
  }

  uint64_t answered() const { return answered_; }
  /// The text was sent and answered to its end, and the node has ended the stream well.
  bool complete(const grpc::Status& status) const { return status.ok() && all_answered_ && !astray_; }

private:
  bool deliver(const v1::CompressStreamResponse& answer, const compress_sink& sink) {
    if (pieces_.closed())
      return false;
    v1::SourceSpan window;
    window.set_begin(bytes_before_ + answer.window().begin());
    window.set_end(bytes_before_ + answer.window().end());
    if (answer.has_info())
      info_ = answer.info();
    text_problem trouble;
    compressed_text x{
        .index = windows_before_ + answered_++, .name = settings_.name, .window = &window, .info = &info_};
    if (answer.has_compressed()) {
      x.compressed = &answer.compressed();
    } else {
      trouble = to_text_problem(answer.error());
      x.trouble = &trouble;
    }
    const bool go_on = sink(x, window.end());
    if (!go_on)
      pieces_.close();
    return go_on;
  }

  void write(uint64_t generation) {
    v1::CompressStreamRequest request;
    request.set_model(settings_.compress.model);
    *request.mutable_options() = settings_.compress.options;
    request.set_window_bytes(settings_.window_bytes);
    while (pieces_.take(generation, *request.mutable_piece())) {
      if (!stream_->Write(request))
        return; // the reader learns why
      request.Clear();
    }
    stream_->WritesDone();
  }

  /// A node that waits for the rest of a window owes nothing.
  bool answer_is_due() const {
    const size_t bytes = pieces_.outstanding();
    return bytes > 2 * size_t{window_bytes_of(settings_)} || (bytes > 0 && pieces_.all_sent());
  }

  client& to_;
  piece_window& pieces_;
  const compress_stream_settings& settings_;
  const uint64_t windows_before_;
  const uint64_t bytes_before_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::CompressService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::CompressStreamRequest, v1::CompressStreamResponse>> stream_;
  v1::ResultInfo info_; ///< told last
  uint64_t answered_ = 0;
  bool astray_ = false;
  bool all_answered_ = false;
  std::atomic<bool> delivering_{false};
  stall_watch watch_;
};

std::optional<problem> stream_all(client& to, piece_window& pieces, const compress_stream_settings& settings,
                                  const compress_sink& sink) {
  retry_policy retries{to.endpoints(), std::random_device{}()};
  uint64_t windows = 0;
  while (pieces.wait_for_work()) {
    auto trouble = to.connect();
    if (!trouble) {
      const uint64_t generation = pieces.rewind();
      attempt one{to, pieces, settings, windows};
      const grpc::Status status = one.run(sink, generation);
      windows += one.answered();
      if (pieces.closed() || one.complete(status))
        return std::nullopt;
      trouble = one.explain(status);
      if (one.answered() > 0)
        retries.progressed();
      to.next();
    } else if (windows == 0) {
      return trouble; // never reached anybody: say so at once
    }
    const auto step = trouble->retryable ? retries.failed(trouble->retry_after) : retry_policy::step{};
    if (!step.again || !to.pause(step.wait))
      return trouble;
  }
  return std::nullopt;
}

} // namespace

std::optional<problem> compress_stream(client& to, byte_reader& text, stop_signal& stop,
                                       const compress_stream_settings& settings, const compress_sink& sink) {
  piece_window pieces{windows_unanswered * window_bytes_of(settings)};
  std::thread reader{[&] {
    for (auto bytes = text.peek(); !bytes.empty(); bytes = text.peek()) {
      if (!pieces.push(bytes))
        return;
      text.consume(bytes.size());
    }
    pieces.finish();
  }};
  auto trouble = stream_all(to, pieces, settings, sink);
  const bool whole = !trouble && !pieces.closed();
  pieces.close();
  if (!whole)
    stop.give(); // else the text is at its end, and the next one may still be read
  reader.join();
  if (whole && text.error() != 0)
    return problem{.what = settings.name + ": cannot read on: " + std::strerror(text.error())};
  return trouble;
}

} // namespace weft::cli
