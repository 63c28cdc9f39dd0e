#include "node/grpc/embed_stream.hpp"

#include "node/grpc/rpc_call.hpp"
#include "node/grpc/stream_retry.hpp"
#include "node/grpc/wire_error.hpp"

#include <random>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// A group of a stream behind the call port; lets the stream know how it ended, whoever dropped it.
class stream_call final : public call {
public:
  stream_call(weft::context context, stream_group group, std::shared_ptr<embed_stream> stream)
      : call(std::move(context), std::move(group.request)), group_{group.first, {}, group.alone, group.first_byte},
        stream_(std::move(stream)) {}
  ~stream_call() override {
    if (!answered())
      on_fail(why_unanswered(*this));
  }

private:
  void on_reply(embed_result&& value) noexcept override {
    stream_->answered(group_, request(), value, edge_now() - began_);
  }
  void on_fail(failure&& reason) noexcept override {
    stream_->failed(group_, request(), std::move(reason), edge_now() - began_);
  }

  const stream_group group_; // without its request
  std::shared_ptr<embed_stream> stream_;
  time_point began_ = edge_now();
};

double jitter() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

} // namespace

embed_stream::embed_stream(std::shared_ptr<edge> edge, std::unique_ptr<stream_codec> codec, const stream_limits& limits,
                           grpc::CallbackServerContext& rpc)
    : edge_(std::move(edge)), codec_(std::move(codec)), rpc_(rpc), core_(limits) {}

void embed_stream::start() {
  self_ = shared_from_this();
  const auto entered = enter_work(*edge_, rpc_, context_);
  registered_ = entered && edge_->streams.add(self_);
  if (!registered_) {
    const std::lock_guard hold(mutex_);
    core_.close(entered ? failure{errc::overloaded, "too many streams are open on this node", {}, 1s}
                        : entered.error());
  }
  pump();
}

void embed_stream::drain() {
  {
    const std::lock_guard hold(mutex_);
    core_.close({errc::draining, "the node is shutting down; the texts after this were not read"});
  }
  pump();
}

void embed_stream::answered(const stream_group& group, const embed_request& request, const embed_result& result,
                            std::chrono::nanoseconds total) {
  auto messages = codec_->write(group, request, result, total);
  edge_->meter->call_ended(codec_->operation(), errc::none, total, result.times);
  (*edge_->log)({.operation = codec_->operation(), .context = context_, .total = total});
  edge_->share.came_back(request.texts.size());
  {
    const std::lock_guard hold(mutex_);
    calls_.erase(group.first);
    refusals_ = 0;
    core_.done(group.first, std::move(messages));
  }
  pump();
}

void embed_stream::failed(const stream_group& group, const embed_request& request, failure reason,
                          std::chrono::nanoseconds total) {
  edge_->meter->call_ended(codec_->operation(), reason.code, total, {});
  (*edge_->log)({.operation = codec_->operation(), .context = context_, .reason = &reason, .total = total});
  const auto verdict = judge(reason.code);
  const size_t items = request.texts.size();
  auto message =
      verdict == stream_verdict::item && items == 1 ? codec_->write_error(group, request, reason) : std::nullopt;
  edge_->share.came_back(items);
  {
    const std::lock_guard hold(mutex_);
    calls_.erase(group.first);
    if (verdict == stream_verdict::retry && refusals_ == 0)
      refused_since_ = edge_now();
    const bool patient = edge_now() - refused_since_ < stream_patience;
    if (verdict == stream_verdict::retry && patient) {
      ++refusals_;
      core_.retry({group.first, request, group.alone});
      wait_before_retry(reason);
    } else if (verdict == stream_verdict::item && items > 1) {
      core_.split({group.first, request, group.alone});
    } else if (message) {
      std::vector<grpc::ByteBuffer> one;
      one.push_back(*std::move(message));
      core_.done(group.first, std::move(one));
    } else {
      core_.end(group.first, items, std::move(reason));
    }
  }
  pump();
}

void embed_stream::OnReadDone(bool success) {
  {
    const std::lock_guard hold(mutex_);
    reading_ = false;
    arrived_ = success;
    if (!success) {
      core_.add(codec_->rest()); // nobody reads: this came in place of a message
      core_.close();
    }
  }
  pump();
}

void embed_stream::OnWriteDone(bool success) {
  {
    const std::lock_guard hold(mutex_);
    core_.written();
    if (!success)
      core_.abandon();
  }
  pump();
}

void embed_stream::OnCancel() {
  {
    std::unique_lock lock(mutex_);
    core_.abandon();
    cancel_calls(lock);
  }
  pump();
}

void embed_stream::OnDone() {
  if (registered_)
    edge_->streams.remove(this);
  {
    const std::lock_guard hold(mutex_);
    core_.discard(); // calls that are still out may hold this object for long
    read_.Clear();
    arrived_ = false;
  }
  pump();                             // gives the credit back
  const auto last = std::move(self_); // may be the last hold on this object
}

void embed_stream::pump() {
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
bool embed_stream::act(std::unique_lock<std::mutex>& lock) {
  if (finished_)
    return false;
  if (const auto end = core_.finished()) {
    finished_ = true;
    cancel_calls(lock);
    lock.unlock();
    finish(*end);
  } else if (auto message = core_.next_message()) {
    // With more behind it, the message may wait for them in gRPC's buffer: fewer system calls. Not so the first: it
    // carries the initial metadata, and gRPC calls it written only once that has left, so nothing would ever follow.
    grpc::WriteOptions options;
    if (core_.more_messages() && headed_)
      options.set_buffer_hint();
    headed_ = true;
    lock.unlock();
    write_.Swap(&*message);
    StartWrite(&write_, options);
  } else if (auto group = waiting_ ? std::nullopt : core_.next_group(edge_->share.crowded())) {
    // Still under the lock: a cancellation either comes before and there is no group, or finds this call.
    auto out = make_call(*std::move(group));
    lock.unlock();
    edge_->entrance.submit(std::move(out));
  } else if (arrived_ && !core_.open()) {
    arrived_ = false; // came after the end was decided
    read_.Clear();
    return true;
  } else if (arrived_ && has_credit()) {
    arrived_ = false;
    lock.unlock();
    take_in();
  } else if (!reading_ && !arrived_ && core_.may_read()) {
    reading_ = true;
    lock.unlock();
    StartRead(&read_);
  } else {
    return false;
  }
  lock.lock();
  return true;
}

/// Takes credit for the message that is there; where there is none, granted() brings it. REQUIRES: mutex_ is held.
bool embed_stream::has_credit() {
  if (std::exchange(granted_, false))
    return true;
  auto& budget = edge_->share.bytes;
  const uint64_t bytes = read_.Length();
  if (core_.items_held() == 0 && bytes <= stream_bytes_sure)
    budget.add(bytes); // if it stands in line as well, settle() gives back what comes of it
  else if (in_line_)
    return false;
  else if (in_line_ = !budget.take_or_wait(bytes, weak_from_this()); in_line_)
    return false;
  charged_ += bytes;
  return true;
}

void embed_stream::granted(uint64_t bytes) {
  {
    const std::lock_guard hold(mutex_);
    in_line_ = false;
    granted_ = true;
    charged_ += bytes;
  }
  pump();
}

/// Makes texts of the message.
void embed_stream::take_in() {
  auto message = codec_->read(read_, *edge_->view);
  read_.Clear();
  const std::lock_guard hold(mutex_);
  if (message)
    core_.add(*std::move(message));
  else
    core_.close(message.error());
}

/// Makes credit agree with what is there. REQUIRES: `lock` holds mutex_, and nothing is left to do.
void embed_stream::settle(std::unique_lock<std::mutex>& lock) {
  const bool stopped = !finished_ && !reading_ && core_.open();
  if (stopped && !stopped_)
    ++edge_->share.stopped;
  if (!stopped && stopped_)
    --edge_->share.stopped;
  stopped_ = stopped;

  granted_ = false; // it was used, or came too late
  const uint64_t needed = core_.bytes_held();
  const uint64_t had = std::exchange(charged_, needed);
  if (needed > had)
    edge_->share.bytes.add(needed - had);
  if (needed >= had)
    return;
  lock.unlock(); // other streams may go on now, on this thread
  edge_->share.bytes.give_back(had - needed);
  lock.lock();
}

/// REQUIRES: mutex_ is held.
std::shared_ptr<call> embed_stream::make_call(stream_group group) {
  const uint64_t first = group.first;
  edge_->share.went_out(group.request.texts.size());
  auto out = std::make_shared<stream_call>(context_, std::move(group), shared_from_this());
  calls_.emplace(first, out);
  return out;
}

void embed_stream::finish(const failure& reason) {
  if (reason.code == errc::none) {
    Finish(grpc::Status::OK);
    return;
  }
  const auto total = edge_now() - began_;
  edge_->meter->call_ended(codec_->operation(), reason.code, total, {});
  (*edge_->log)({.operation = codec_->operation(), .context = context_, .reason = &reason, .total = total});
  Finish(to_status(reason, rpc_));
}

/// Sends nothing before the alarm. REQUIRES: mutex_ is held.
void embed_stream::wait_before_retry(const failure& reason) {
  if (waiting_ || finished_)
    return;
  waiting_ = true;
  const auto wait = stream_wait(refusals_, reason.retry_after.value_or(20ms), jitter());
  // A new alarm each time: this may run in the callback of the last one, and to set that again would destroy it there.
  // gRPC keeps an alarm and its callback until the callback has returned, also when its owner lets go; so the callback
  // must not hold the owner.
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(std::chrono::system_clock::now() + wait, [weak = weak_from_this()](bool) {
    if (const auto stream = weak.lock())
      stream->end_wait();
  });
}

void embed_stream::end_wait() {
  {
    const std::lock_guard hold(mutex_);
    waiting_ = false;
  }
  pump();
}

/// Nobody waits for the calls that are out. REQUIRES: `lock` holds mutex_.
void embed_stream::cancel_calls(std::unique_lock<std::mutex>& lock) {
  WEFT_ASSERT(lock.owns_lock());
  std::vector<std::shared_ptr<call>> alive; // let go without the lock: the last hold answers
  for (const auto& [first, weak] : calls_)
    if (auto one = weak.lock())
      alive.push_back(std::move(one));
  lock.unlock();
  for (const auto& one : alive)
    one->cancel();
  alive.clear();
  lock.lock();
}

embed_stream* start_stream(std::shared_ptr<edge> edge, std::unique_ptr<stream_codec> codec, const stream_limits& limits,
                           grpc::CallbackServerContext& rpc) {
  auto stream = std::make_shared<embed_stream>(std::move(edge), std::move(codec), limits, rpc);
  stream->start();
  return stream.get(); // holds itself until OnDone()
}

} // namespace weft
