#include "node/grpc/submit_stream.hpp"

#include "node/grpc/wire_error.hpp"

#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view operation = "submit_job"; // of the metrics

/// Hands on what the submission hears, to a stream that may be gone.
class stream_listener final : public submission_listener {
public:
  explicit stream_listener(std::weak_ptr<submit_stream> to) : to_(std::move(to)) {}
  void on_open(const job_status& job) override {
    if (const auto stream = to_.lock())
      stream->opened(job);
  }
  void on_durable(uint64_t items) override {
    if (const auto stream = to_.lock())
      stream->durable(items);
  }
  void on_end(result<job_status> outcome) override {
    if (const auto stream = to_.lock())
      stream->ended(std::move(outcome));
  }

private:
  const std::weak_ptr<submit_stream> to_;
};

} // namespace

submit_stream::submit_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door,
                             grpc::CallbackServerContext& rpc)
    : edge_(std::move(edge)), door_(std::move(door)), rpc_(rpc) {}

void submit_stream::start() {
  self_ = shared_from_this();
  auto entered = enter_work(*edge_, rpc_, context_);
  if (entered && !door_)
    entered = failure{errc::unavailable, "this node keeps no jobs"};
  registered_ = entered && edge_->streams.add(self_);
  if (!registered_)
    end(entered ? failure{errc::overloaded, "too many streams are open on this node", {}, 1s} : entered.error());
  pump();
}

void submit_stream::drain() {
  bool complete = false;
  {
    const std::lock_guard hold(mutex_);
    complete = core_.complete(); // it has its items, and ends by itself
  }
  if (!complete)
    end({errc::draining, "the node is shutting down; submit again with the same request id through another one"});
}

void submit_stream::opened(const job_status& job) {
  {
    const std::lock_guard hold(mutex_);
    if (ending_)
      return;
    core_.opened(job.header.progress.items_durable);
    opened_ = job;
  }
  pump();
}

void submit_stream::durable(uint64_t items) {
  {
    const std::lock_guard hold(mutex_);
    if (ending_)
      return;
    core_.durable(items);
    durable_ = items;
  }
  pump();
}

void submit_stream::ended(result<job_status> outcome) {
  if (!outcome)
    return end(std::move(outcome.error()));
  {
    const std::lock_guard hold(mutex_);
    if (ending_)
      return;
    completed_ = *std::move(outcome);
    ending_ = failure{errc::none, ""};
  }
  pump();
}

/// The first reason counts. What is to be told before is told.
void submit_stream::end(failure reason) {
  {
    const std::lock_guard hold(mutex_);
    if (!ending_)
      ending_ = std::move(reason);
  }
  pump();
}

void submit_stream::OnReadDone(bool success) {
  bool cut = false;
  {
    const std::lock_guard hold(mutex_);
    reading_ = false;
    arrived_ = success;
    cut = !success && !core_.complete();
  }
  if (!cut)
    pump();
  else if (rpc_.IsCancelled())
    end({errc::cancelled, "the client has gone"});
  else
    end({errc::invalid_argument,
         "the stream ended without `complete`; what is durable stays, and the same request id goes on there"});
}

void submit_stream::OnWriteDone(bool success) {
  {
    const std::lock_guard hold(mutex_);
    writing_ = false;
  }
  if (success)
    pump();
  else
    OnCancel();
}

void submit_stream::OnCancel() {
  {
    const std::lock_guard hold(mutex_);
    opened_.reset();
    completed_.reset();
    durable_.reset();
    if (!ending_ || ending_->code == errc::none)
      ending_ = edge_now() >= context_.deadline ? failure{errc::deadline_exceeded, "the stream's deadline passed"}
                                                : failure{errc::cancelled, "the client has gone"};
  }
  pump();
}

void submit_stream::OnDone() {
  if (registered_)
    edge_->streams.remove(this);
  {
    const std::lock_guard hold(mutex_);
    finished_ = true;
    arrived_ = false;
    read_.Clear();
  }
  pump();                             // gives the credit back
  const auto last = std::move(self_); // may be the last hold on this object
}

void submit_stream::pump() {
  const auto hold_this = shared_from_this();
  std::unique_lock lock(mutex_);
  again_ = true;
  if (pumping_)
    return; // who pumps will see it
  pumping_ = true;
  while (std::exchange(again_, false)) {
    while (act(lock))
      ;
    settle(lock);
  }
  pumping_ = false;
}

/// Does one thing that is to be done, without the lock; false when there is none.
bool submit_stream::act(std::unique_lock<std::mutex>& lock) {
  if (finished_)
    return false;
  if (ending_ && submission_) {
    const auto gone = std::move(submission_);
    lock.unlock(); // completes nothing that is not complete
  } else if (auto message = writing_ ? std::nullopt : next_message()) {
    writing_ = true;
    lock.unlock();
    write_.Swap(&*message);
    StartWrite(&write_);
  } else if (ending_) {
    if (writing_)
      return false;
    finished_ = true;
    const auto reason = *ending_;
    lock.unlock();
    finish(reason);
  } else if (first_ && core_.is_open()) {
    auto rest = *std::exchange(first_, std::nullopt);
    lock.unlock();
    first_bytes_ = 0;
    pass_on(std::move(rest));
  } else if (arrived_ && has_credit()) {
    arrived_ = false;
    lock.unlock();
    take_in();
  } else if (!reading_ && !arrived_ && (!opening_ || core_.may_read())) {
    reading_ = true;
    lock.unlock();
    StartRead(&read_);
  } else {
    return false;
  }
  lock.lock();
  return true;
}

/// What the client hears next. REQUIRES: mutex_ is held.
std::optional<grpc::ByteBuffer> submit_stream::next_message() {
  if (const auto job = std::exchange(opened_, std::nullopt))
    return write_opened(*job);
  if (const auto items = std::exchange(durable_, std::nullopt))
    return write_durable(*items);
  if (const auto job = std::exchange(completed_, std::nullopt))
    return write_completed(*job);
  return std::nullopt;
}

/// What texts of so many bytes cost the common budget: nothing for the rest of a segment, which becomes durable only
/// with texts that have not come. Streams that wait for credit with such rests would stop each other for good.
uint64_t submit_stream::charge_of(uint64_t bytes) noexcept {
  return bytes > segment_rest_bytes ? bytes - segment_rest_bytes : 0;
}

/// Takes credit for the message that is there; where there is none, granted() brings it. REQUIRES: mutex_ is held.
bool submit_stream::has_credit() {
  if (std::exchange(granted_, false))
    return true;
  const uint64_t needed = charge_of(core_.bytes_waiting() + read_.Length());
  if (needed <= charged_) // if it stands in line as well, settle() gives back what comes of it
    return true;
  if (in_line_)
    return false;
  if (in_line_ = !edge_->submissions->take_or_wait(needed - charged_, weak_from_this()); in_line_)
    return false;
  charged_ = needed;
  return true;
}

void submit_stream::granted(uint64_t bytes) {
  {
    const std::lock_guard hold(mutex_);
    in_line_ = false;
    granted_ = true;
    charged_ += bytes;
  }
  pump();
}

/// Makes texts of the message that is there. The first one opens the job; its texts wait until that is open.
void submit_stream::take_in() {
  const uint64_t bytes = read_.Length();
  auto message = read_submit(read_, context_);
  read_.Clear();
  if (!message)
    return end(std::move(message.error()));
  if (opening_)
    return pass_on(*std::move(message));
  if (!message->opening)
    return end({errc::invalid_argument, "the first message of the stream opens the job", {{"field", "open"}}});
  auto opening = *std::exchange(message->opening, std::nullopt);
  {
    const std::lock_guard hold(mutex_);
    opening_ = true;
    first_ = *std::move(message);
    first_bytes_ = bytes;
  }
  submission_ = door_->open(std::move(opening), std::make_shared<stream_listener>(weak_from_this()));
}

void submit_stream::pass_on(submit_message message) {
  auto step = [&]() -> result<submit_core::step> {
    const std::lock_guard hold(mutex_);
    return core_.take(std::move(message));
  }();
  if (!step)
    return end(std::move(step.error()));
  if (!submission_) // it has ended already
    return;
  if (!step->texts.empty())
    submission_->append(std::move(step->texts));
  if (step->complete)
    submission_->complete();
}

/// Makes credit agree with what is there. REQUIRES: `lock` holds mutex_, and nothing is left to do.
void submit_stream::settle(std::unique_lock<std::mutex>& lock) {
  granted_ = false; // it was used, or came too late
  const uint64_t needed = finished_ ? 0 : charge_of(core_.bytes_waiting() + first_bytes_);
  const uint64_t had = std::exchange(charged_, needed);
  if (needed > had)
    edge_->submissions->add(needed - had);
  if (needed >= had)
    return;
  lock.unlock(); // other streams may go on now, on this thread
  edge_->submissions->give_back(had - needed);
  lock.lock();
}

void submit_stream::finish(const failure& reason) {
  const auto total = edge_now() - began_;
  const bool well = reason.code == errc::none;
  edge_->meter->call_ended(operation, reason.code, total, {});
  (*edge_->log)({.operation = operation, .context = context_, .reason = well ? nullptr : &reason, .total = total});
  Finish(well ? grpc::Status::OK : to_status(reason, rpc_));
}

submit_stream* start_submit(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door,
                            grpc::CallbackServerContext& rpc) {
  auto stream = std::make_shared<submit_stream>(std::move(edge), std::move(door), rpc);
  stream->start();
  return stream.get(); // holds itself until OnDone()
}

} // namespace weft
