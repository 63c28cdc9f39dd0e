#include "node/peer/rank_stream.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"

#include <utility>

namespace weft {

void rank_stream::put_first(rank_outbox waiting) {
  const std::lock_guard hold(mutex_);
  WEFT_ASSERT(!started_);
  outbox_ = std::move(waiting);
}

void rank_stream::start(uint32_t other, std::shared_ptr<rank_sink> sink) {
  std::unique_lock hold(mutex_);
  WEFT_ASSERT(!started_);
  started_ = true;
  other_ = other;
  sink_ = std::move(sink);
  if (!finished_)
    return pump(hold);
  hold.unlock();
  tell_down("it called, and went before this rank was ready");
}

status rank_stream::send(const rank_frame& frame) {
  std::unique_lock hold(mutex_);
  if (leaving_ || cancel_wanted_)
    return failure{errc::unavailable, why_.empty() ? "this rank's end is closed" : why_};
  // The other side has gone. Its last words may not have been read yet, and count still: that it is gone is told after
  // them, not by this answer.
  if (finished_ || read_over_ || broken_ || gone_)
    return ok;
  auto pushed = outbox_.push(frame);
  if (!pushed) {
    cancel_wanted_ = true;
    why_ = pushed.error().message;
  }
  pump(hold);
  return pushed;
}

void rank_stream::leave(std::chrono::milliseconds patience) {
  std::unique_lock hold(mutex_);
  if (finished_ || leaving_)
    return;
  leaving_ = true;
  patience_.emplace();
  // Weak: an alarm keeps its function as long as it lives, and the stream keeps the alarm.
  patience_->Set(std::chrono::system_clock::now() + patience, [waiting = weak_from_this()](bool over) {
    if (const auto alive = over ? waiting.lock() : nullptr)
      alive->cancel("it did not end its stream in time");
  });
  pump(hold);
}

void rank_stream::cancel(std::string why) {
  std::unique_lock hold(mutex_);
  if (finished_ || cancel_wanted_)
    return;
  cancel_wanted_ = true;
  why_ = std::move(why);
  pump(hold);
}

void rank_stream::refuse(failure why) {
  std::unique_lock hold(mutex_);
  WEFT_ASSERT(side_ == side::is_called);
  if (started_ || finished_)
    return;
  refusal_ = std::move(why);
  pump(hold);
}

void rank_stream::pair_read(bool good) {
  std::unique_lock hold(mutex_);
  reading_ = false;
  read_over_ = !good;
  pump(hold);
}

void rank_stream::read_done(bool good, std::string bytes) {
  auto taken = good ? take(bytes) : ok;
  std::unique_lock hold(mutex_);
  // Only now: the next read brings the next frame, and frames come one after the other.
  reading_ = false;
  read_over_ = read_over_ || !good;
  if (!taken && !cancel_wanted_) {
    cancel_wanted_ = true;
    why_ = taken.error().message;
  }
  pump(hold);
}

status rank_stream::take(std::string_view bytes) {
  std::unique_lock hold(mutex_);
  const auto sink = sink_;
  const auto other = other_;
  hold.unlock();
  if (!sink)
    return ok; // was told that nothing comes any more
  auto frame = decode_rank_frame(bytes);
  if (!frame)
    return frame.error();
  if (frame->from != other)
    return failure{errc::invalid_argument, "it sent a frame in another rank's name"};
  sink->came(other, *std::move(frame));
  return ok;
}

void rank_stream::write_done(bool good) {
  std::unique_lock hold(mutex_);
  writing_ = false;
  broken_ = broken_ || !good;
  pump(hold);
}

void rank_stream::gone() {
  std::unique_lock hold(mutex_);
  gone_ = true;
  if (why_.empty())
    why_ = "its stream was cut";
  pump(hold);
}

void rank_stream::tell_down(std::string why) {
  std::unique_lock hold(mutex_);
  const auto sink = std::exchange(sink_, nullptr);
  if (!why_.empty())
    why = why_;
  hold.unlock();
  if (sink)
    sink->down(other_, std::move(why));
}

void rank_stream::pump(std::unique_lock<std::mutex>& hold) {
  if (acting_)
    return; // that thread looks again
  acting_ = true;
  const auto self = shared_from_this(); // the RPC's own hold on it may go with the last operation
  for (auto todo = next(); todo != step::none; todo = next()) {
    auto bytes = todo == step::write ? outbox_.pop() : std::string{};
    hold.unlock();
    act(todo, std::move(bytes));
    hold.lock();
  }
  acting_ = false;
  hold.unlock();
}

/// What can be done now; it counts as begun.
rank_stream::step rank_stream::next() {
  if (finished_)
    return step::none;
  if (cancel_wanted_ && !cancelled_) {
    cancelled_ = true;
    return step::cancel;
  }
  if (may_finish()) {
    finished_ = true;
    return step::finish;
  }
  if (started_ && !reading_ && !read_over_) {
    reading_ = true;
    return step::read;
  }
  if (writing_ || broken_ || read_over_ || cancelled_)
    return step::none;
  if (!outbox_.empty()) {
    writing_ = true;
    return step::write;
  }
  if (side_ == side::calls && leaving_ && !half_closed_) {
    half_closed_ = writing_ = true;
    return step::half_close;
  }
  return step::none;
}

/// Whether nothing has to be waited for but the end itself.
bool rank_stream::may_finish() const {
  if (writing_)
    return false; // which ends soon: with the RPC, if not before
  if (side_ == side::calls)
    return read_over_;
  return refusal_ || gone_ || read_over_ || (leaving_ && (outbox_.empty() || broken_));
}

void rank_stream::act(step todo, std::string bytes) {
  switch (todo) {
  case step::none:
    break;
  case step::read:
    start_read();
    break;
  case step::write:
    start_write(std::move(bytes));
    break;
  case step::half_close:
    half_close();
    break;
  case step::cancel:
    try_cancel();
    break;
  case step::finish:
    finish(refusal_ ? status{*refusal_} : status{ok}); // nobody changes it any more
    break;
  }
}

} // namespace weft
