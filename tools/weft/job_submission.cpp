#include "tools/weft/job_submission.hpp"

#include "runtime/base/errc.hpp"
#include "tools/weft/job_json.hpp"
#include "tools/weft/output.hpp"
#include "tools/weft/stall_watch.hpp"
#include "tools/weft/utf8.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <google/protobuf/stubs/logging.h>

#include <atomic>
#include <mutex>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

namespace weft::cli {
namespace {

/// What the source's thread tells the others.
struct source_state {
  std::atomic<uint64_t> bytes{0};
  std::mutex mutex; // guards the next one
  std::optional<problem> trouble;
};

/// Pushes all texts into the window; runs on a thread of its own.
void read_texts(text_source& source, durable_window& window, source_state& state) {
  for (text_item item; source.next(item);) {
    if (item.trouble && item.trouble->reason != to_string(errc::invalid_utf8)) {
      const std::lock_guard lock{state.mutex};
      state.trouble = problem{.what = to_string(item.place) + ": " + item.trouble->message,
                              .advice = "Nothing is lost: correct it and submit again with the same --request-id.",
                              .reason = item.trouble->reason};
      return window.close();
    }
    state.bytes = item.input_bytes;
    if (!window.push(std::move(item.text)))
      return;
  }
  window.finish();
}

/// One stream to one node: a writer thread, a watching thread, and the caller, who reads.
class attempt {
public:
  attempt(client& to, durable_window& window, const submission_settings& settings, const submission_news& news,
          const source_state& source, submission_totals& totals)
      : to_(to), window_(window), settings_(settings), news_(news), source_(source), totals_(totals),
        watch_(context_,
               {.stall_max = settings.stall_max,
                .is_due = [this] { return !opened_ || window_.is_stuck(); }, // else it is the input that is slow
                .is_over = [this] { return window_.closed(); }}) {
    to.prepare(context_);
    stub_ = v1::JobService::NewStub(to.channel());
  }

  /// Until the stream ends. OK: the job has all its items.
  grpc::Status run() {
    watch_.start();
    stream_ = stub_->Submit(&context_);
    v1::JobServiceSubmitRequest request;
    *request.mutable_open() = settings_.opening;
    stream_->Write(request);
    std::thread writer;
    for (v1::JobServiceSubmitResponse answer; stream_->Read(&answer);) {
      watch_.answered();
      if (answer.has_opened() && !writer.joinable())
        start_writer(answer.opened(), writer);
      else if (answer.has_durable())
        note_durable(answer.durable().items());
      else if (answer.has_completed())
        note_completed(answer.completed().job());
    }
    window_.pause();
    if (writer.joinable())
      writer.join();
    const auto status = stream_->Finish();
    watch_.end();
    return status;
  }

  /// What a stream that ended too early means.
  problem explain(const grpc::Status& status) const {
    if (behind_)
      return {.code = exit_code::unhealthy,
              .what = to_.endpoint() + " finds only " + counted(*behind_, "item") + " of " +
                      counted(window_.items_durable(), "item") +
                      " that were acknowledged: nodes that have them are away",
              .advice = "Nothing is lost: submit again with the same --request-id when they are back.",
              .retryable = true};
    if (watch_.stalled()) {
      auto stopped = watch_.explain(to_.endpoint());
      stopped.retryable = true;
      return stopped;
    }
    if (status.ok())
      return to_.failed({grpc::StatusCode::UNAVAILABLE, "the stream ended early"}, context_);
    return to_.failed(status, context_);
  }

  bool progressed() const { return progressed_; }
  bool completed() const { return completed_; }

private:
  void start_writer(const v1::SubmissionOpened& opened, std::thread& writer) {
    totals_.job = opened.job();
    opened_ = true;
    const bool has_all = opened.job().state() != v1::JOB_STATE_PENDING;
    if (news_.opened)
      news_.opened(opened.job());
    if (has_all) { // the node says how it is, and needs no texts
      totals_.was_there = totals_.reconnections == 0;
      return;
    }
    progressed_ = opened.items_durable() > window_.items_durable();
    const uint64_t generation = window_.resume(opened.items_durable());
    if (generation == 0) {
      behind_ = opened.items_durable();
      context_.TryCancel();
      return;
    }
    writer = std::thread{[this, generation] { write(generation); }};
  }

  void write(uint64_t generation) {
    v1::JobServiceSubmitRequest request;
    durable_window::batch batch;
    while (window_.take(
        generation, [&](const std::string& text) { request.add_texts(text); }, batch)) {
      request.set_first_item(batch.first);
      request.set_complete(batch.is_last);
      if (!stream_->Write(request))
        return; // the reader learns why
      request.Clear();
    }
  }

  void note_durable(uint64_t items) {
    progressed_ = true;
    window_.durable(items);
    if (news_.durable)
      news_.durable(items, source_.bytes);
  }

  void note_completed(const v1::Job& job) {
    completed_ = true;
    totals_.job = job;
    window_.durable(job.items_total());
  }

  client& to_;
  durable_window& window_;
  const submission_settings& settings_;
  const submission_news& news_;
  const source_state& source_;
  submission_totals& totals_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::JobService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::JobServiceSubmitRequest, v1::JobServiceSubmitResponse>> stream_;
  std::atomic<bool> opened_{false};
  stall_watch watch_;
  bool progressed_ = false;
  bool completed_ = false;
  std::optional<uint64_t> behind_;
};

constexpr std::string_view same_input = "Give the same input as before, or another --request-id for another job.";

std::string input_has(uint64_t texts) {
  return "the input has " + counted(texts, "text");
}

/// A job that has all its items may have been another input's: then nothing is safe of what this input has more.
std::optional<problem> compare_input(durable_window& window, const client& to, const v1::Job& job) {
  window.only_count();
  if (!window.wait_for_input(to.deadline()))
    return problem{.code = exit_code::timed_out,
                   .what = "the job of this request id has all its items, but the input did not end in time",
                   .advice = advice_for("DEADLINE_EXCEEDED")};
  const uint64_t texts = window.items_pushed();
  if (window.closed() || !job.has_items_total() || texts == job.items_total())
    return std::nullopt; // closed: the input's trouble counts
  return problem{.what = input_has(texts) + ", the job of this request id has " + with_spaces(job.items_total()) +
                         ": it was handed in from another input, and takes no more",
                 .advice = std::string{same_input}};
}

std::optional<problem> stream_all(client& to, durable_window& window, const submission_settings& settings,
                                  const submission_news& news, const source_state& source, submission_totals& totals) {
  retry_policy retries{to.endpoints(), std::random_device{}(), settings.rounds_max};
  std::optional<problem> before; // what a node said, when the command's own deadline comes
  while (!window.closed()) {
    auto trouble = to.connect();
    if (!trouble) {
      attempt one{to, window, settings, news, source, totals};
      const grpc::Status status = one.run();
      if (status.ok() && one.completed())
        return std::nullopt;
      if (window.closed())
        return std::nullopt; // the input's trouble counts
      trouble = one.explain(status);
      if (one.progressed())
        retries.progressed();
      to.next();
    } else if (totals.job.id().empty()) {
      return trouble; // never reached anybody: say so at once
    }
    if (trouble->code == exit_code::timed_out && to.expired() && before)
      return before;
    const auto step = trouble->retryable ? retries.failed(trouble->retry_after) : retry_policy::step{};
    if (!step.again || !to.pause(step.wait))
      return trouble;
    if (!trouble->reason.empty())
      before = trouble;
    ++totals.reconnections;
    if (news.reconnected)
      news.reconnected(*trouble, to.endpoint());
  }
  return std::nullopt;
}

} // namespace

std::optional<problem> submit_all(client& to, text_source& source, stop_signal& stop,
                                  const submission_settings& settings, const submission_news& news,
                                  submission_totals& totals) {
  google::protobuf::SetLogHandler(nullptr); // it would complain of every text that is not UTF-8; the job lists them
  durable_window window{settings.window};
  source_state state;
  std::thread reader{[&] { read_texts(source, window, state); }};
  auto trouble = stream_all(to, window, settings, news, state, totals);
  const auto now = totals.job.state();
  const bool takes_none = now == v1::JOB_STATE_CANCELLED || now == v1::JOB_STATE_EXPIRED;
  const bool complete = !trouble && !window.closed() && !takes_none;
  if (complete)
    trouble = compare_input(window, to, totals.job);
  const bool is_short = !complete && window.is_short();
  window.close();
  stop.give();
  reader.join();
  totals.items = window.items_pushed();
  if (state.trouble)
    return state.trouble;
  if (!trouble && totals.was_there && takes_none)
    return problem{.what = "job " + printable(totals.job.id()) + ", which has this request id, is " + state_name(now) +
                           " and takes no texts",
                   .advice = "Give another --request-id for another job."};
  if (is_short)
    return problem{.what = input_has(window.items_pushed()) + ", but " + with_spaces(window.items_durable()) +
                           " of this job are there already",
                   .advice = std::string{same_input}};
  return trouble;
}

} // namespace weft::cli
