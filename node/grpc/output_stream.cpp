#include "node/grpc/output_stream.hpp"

#include "node/grpc/wire_error.hpp"

#include <iterator>
#include <utility>

namespace weft {

using namespace std::chrono_literals;

void output_stream::start(const status& entered) {
  self_ = shared_from_this();
  registered_ = entered && edge_->streams.add(self_);
  if (!registered_)
    end(entered ? failure{errc::overloaded, "too many streams are open on this node", {}, 1s} : entered.error());
  pump();
}

void output_stream::give(std::vector<grpc::ByteBuffer> portion) {
  {
    const std::lock_guard hold(mutex_);
    if (ending_)
      return;
    asked_ = false;
    std::move(portion.begin(), portion.end(), std::back_inserter(waiting_));
  }
  pump();
}

void output_stream::give_latest(grpc::ByteBuffer message) {
  {
    const std::lock_guard hold(mutex_);
    if (ending_)
      return;
    waiting_.clear();
    waiting_.push_back(std::move(message));
  }
  pump();
}

void output_stream::end(failure reason) {
  {
    const std::lock_guard hold(mutex_);
    if (!ending_)
      ending_ = std::move(reason);
  }
  pump();
}

void output_stream::drain() {
  {
    const std::lock_guard hold(mutex_);
    waiting_.clear();
    ending_ = failure{errc::draining, "the node is shutting down; go on through another one"};
  }
  pump();
}

void output_stream::OnWriteDone(bool success) {
  {
    const std::lock_guard hold(mutex_);
    writing_ = false;
  }
  if (success)
    pump();
  else
    OnCancel();
}

void output_stream::OnCancel() {
  {
    const std::lock_guard hold(mutex_);
    waiting_.clear();
    ending_ = edge_now() >= context.deadline ? failure{errc::deadline_exceeded, "the stream's deadline passed"}
                                             : failure{errc::cancelled, "the client has gone"};
  }
  pump();
}

void output_stream::OnDone() {
  if (registered_)
    edge_->streams.remove(this);
  const auto last = std::move(self_); // may be the last hold on this object
}

void output_stream::pump() {
  const auto hold_this = shared_from_this();
  std::unique_lock lock(mutex_);
  again_ = true;
  if (pumping_)
    return; // who pumps will see it
  pumping_ = true;
  while (std::exchange(again_, false))
    while (act(lock))
      ;
  pumping_ = false;
}

/// Does one thing that is to be done, without the lock; false when there is none.
bool output_stream::act(std::unique_lock<std::mutex>& lock) {
  if (finished_)
    return false;
  if (ending_ && !left_) {
    left_ = true;
    lock.unlock();
    let_go();
  } else if (writing_) {
    return false;
  } else if (!waiting_.empty()) {
    writing_ = true;
    write_.Swap(&waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    StartWrite(&write_);
  } else if (ending_) {
    finished_ = true;
    const auto reason = *ending_;
    lock.unlock();
    finish(reason);
  } else if (!asked_) {
    asked_ = true;
    lock.unlock();
    ask();
  } else {
    return false;
  }
  lock.lock();
  return true;
}

void output_stream::finish(const failure& reason) {
  const auto total = edge_now() - began_;
  const bool well = reason.code == errc::none;
  edge_->meter->call_ended(operation_, reason.code, total, {});
  (*edge_->log)({.operation = operation_, .context = context, .reason = well ? nullptr : &reason, .total = total});
  Finish(well ? grpc::Status::OK : to_status(reason, rpc_));
}

} // namespace weft
