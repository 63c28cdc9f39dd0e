#include "tools/weft/embed_stream.hpp"

#include "tools/weft/result_names.hpp"
#include "tools/weft/stall_watch.hpp"
#include "tools/weft/text_window.hpp"
#include "tools/weft/utf8.hpp"
#include "weft/v1/embed.grpc.pb.h"

#include <random>
#include <thread>

namespace weft::cli {
namespace {

void fill_options(const embed_settings& settings, v1::EmbedStreamRequest& request) {
  request.set_model(settings.model);
  auto& options = *request.mutable_options();
  options.set_normalize(settings.normalize);
  options.set_truncate(settings.truncate);
  options.set_truncation_side(settings.truncate_left ? v1::TRUNCATION_SIDE_LEFT : v1::TRUNCATION_SIDE_RIGHT);
  if (settings.encoding != v1::VECTOR_ENCODING_UNSPECIFIED)
    options.set_encoding(settings.encoding);
}

/// Turns answers into what the sink wants and counts them. Called by one thread at a time.
class collector {
public:
  collector(const embed_settings& settings, const embed_sink& sink, embed_totals& totals)
      : settings_(settings), sink_(sink), totals_(totals) {}

  bool deliver(const text_item& item, const v1::EmbedStreamResponse* answer, bool idle) {
    if (answer != nullptr && answer->has_info() && !note(answer->info()))
      return false;
    embedded result{.index = totals_.items++, .item = item, .idle = idle};
    text_problem trouble;
    if (answer == nullptr) {
      result.trouble = &*item.trouble;
    } else if (answer->has_error()) {
      trouble = {answer->error().code(), printable(answer->error().reason()), printable(answer->error().message())};
      result.trouble = &trouble;
    } else {
      const auto& embedding = answer->embedding();
      result.vector = {embedding.values().data(), static_cast<size_t>(embedding.values_size())};
      result.encoding = settings_.encoding;
      result.packed = embedding.packed();
      result.scale = embedding.scale();
      result.tokens = embedding.tokens();
      result.truncated = embedding.truncated();
      result.source = name_of(embedding.source());
      totals_.tokens += result.tokens;
      totals_.truncated += result.truncated ? 1 : 0;
      ++totals_.sources[std::string{result.source}];
    }
    totals_.failed += result.trouble != nullptr ? 1 : 0;
    return sink_(result);
  }

  /// Why the answers are of no use, if they are not.
  std::optional<problem> mismatch() const { return mismatch_; }

private:
  // After a change of the node: vectors of different models, or of another precision, must not end up in one output.
  bool note(const v1::ResultInfo& info) {
    const std::string model = printable(info.model()) + " " + printable(info.model_version());
    const std::string before = totals_.model + " " + totals_.model_version;
    if (!totals_.model.empty() && model != before) {
      mismatch_ = problem{.what = "the next node has another model: " + model + " instead of " + before,
                          .advice = "Name only endpoints with the same model, or choose one with --model."};
      return false;
    }
    if (!totals_.model.empty() && printable(info.precision()) != totals_.precision) {
      mismatch_ = problem{.what = "the next node computes in " + printable(info.precision()) + " instead of " +
                                  totals_.precision,
                          .advice = "Name only endpoints with the same model.precision; auto depends on the CPU."};
      return false;
    }
    totals_.model = printable(info.model());
    totals_.model_version = printable(info.model_version());
    totals_.precision = printable(info.precision());
    totals_.dimensions = info.dimensions();
    return true;
  }

  const embed_settings& settings_;
  const embed_sink& sink_;
  embed_totals& totals_;
  std::optional<problem> mismatch_;
};

/// One stream to one node: a writer thread, a watching thread, and the caller, who reads.
class attempt {
public:
  attempt(client& to, text_window& window, const embed_settings& settings)
      : to_(to), window_(window), settings_(settings),
        watch_(context_, {.stall_max = settings.stall_max,
                          .is_due = [this] { return window_.outstanding() > 0; },
                          .is_over = [this] { return window_.closed(); }}) {
    to.prepare(context_);
    stub_ = v1::EmbedService::NewStub(to.channel());
    stream_ = stub_->EmbedStream(&context_);
  }

  /// Until the stream ends.
  grpc::Status run() {
    const uint64_t generation = window_.rewind();
    std::thread writer{[&] { write(generation); }};
    watch_.start();
    v1::EmbedStreamResponse answer;
    while (stream_->Read(&answer)) {
      watch_.answered();
      ++answered_;
      if (!window_.answer(answer)) {
        surplus_ = true;
        context_.TryCancel();
      }
    }
    window_.rewind(); // the writer's generation is over
    writer.join();
    const grpc::Status status = stream_->Finish();
    watch_.end();
    return status;
  }

  /// What a stream that ended too early means.
  problem explain(const grpc::Status& status) const {
    if (watch_.stalled())
      return watch_.explain(to_.endpoint());
    if (surplus_)
      return {.what = to_.endpoint() + " answered more texts than were sent", .advice = advice_for("INTERNAL")};
    if (status.ok())
      return to_.failed({grpc::StatusCode::UNAVAILABLE, "the stream ended early"}, context_);
    return to_.failed(status, context_);
  }

  uint64_t answered() const { return answered_; }

private:
  void write(uint64_t generation) {
    v1::EmbedStreamRequest request;
    fill_options(settings_, request);
    while (window_.take(generation, [&](const std::string& text) { request.add_texts(text); })) {
      if (!stream_->Write(request))
        return; // the reader learns why
      request.Clear();
    }
    stream_->WritesDone();
  }

  client& to_;
  text_window& window_;
  const embed_settings& settings_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::EmbedService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::EmbedStreamRequest, v1::EmbedStreamResponse>> stream_;
  stall_watch watch_;
  uint64_t answered_ = 0;
  bool surplus_ = false;
};

std::optional<problem> stream_all(client& to, text_window& window, const embed_settings& settings,
                                  embed_totals& totals) {
  retry_policy retries{to.endpoints(), std::random_device{}()};
  bool any_answer = false;
  while (window.wait_for_work()) {
    auto trouble = to.connect();
    if (!trouble) {
      attempt one{to, window, settings};
      const grpc::Status status = one.run();
      totals.endpoint = to.endpoint();
      if (window.done())
        return std::nullopt;
      trouble = one.explain(status);
      if (one.answered() > 0)
        retries.progressed();
      any_answer = any_answer || one.answered() > 0;
      to.next();
    } else if (!any_answer) {
      return trouble; // never reached anybody: say so at once
    }
    const auto step = trouble->retryable ? retries.failed(trouble->retry_after) : retry_policy::step{};
    if (!step.again || !to.pause(step.wait))
      return trouble;
    ++totals.reconnections;
  }
  return std::nullopt;
}

} // namespace

std::optional<problem> embed_all(client& to, text_source& source, stop_signal& stop, const embed_settings& settings,
                                 const embed_sink& sink, embed_totals& totals) {
  collector results{settings, sink, totals};
  text_window window{{}, [&](const text_item& item, const v1::EmbedStreamResponse* answer) {
                       const bool go_on = results.deliver(item, answer, window.outstanding() == 0);
                       if (!go_on)
                         stop.give();
                       return go_on;
                     }};
  std::thread reader{[&] {
    for (text_item item; source.next(item);)
      if (!window.push(std::move(item)))
        return;
    window.finish();
  }};
  auto trouble = stream_all(to, window, settings, totals);
  window.close();
  stop.give();
  reader.join();
  return results.mismatch() ? results.mismatch() : trouble;
}

} // namespace weft::cli
