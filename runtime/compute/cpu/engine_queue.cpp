#include "runtime/compute/cpu/engine_queue.hpp"

#include <utility>

namespace weft {

void engine_queue::push(engine_work work, std::function<void(engine_reply)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (work_waiting_ < work_max_) {
      ++work_waiting_;
      pieces_.push_back({std::move(work), std::move(done)});
    } else {
      pieces_.push_back({failure{errc::overloaded, "too much work waits for the engine"}, std::move(done)});
    }
  }
  wake_.notify_one();
}

void engine_queue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
}

std::optional<engine_queue::piece> engine_queue::pop() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return stopped_ || !pieces_.empty(); });
  return take_first();
}

std::optional<engine_queue::piece> engine_queue::try_pop() {
  const std::lock_guard lock(mutex_);
  return take_first();
}

bool engine_queue::wait_for(std::chrono::microseconds at_most) {
  std::unique_lock lock(mutex_);
  return wake_.wait_for(lock, at_most, [&] { return !pieces_.empty(); });
}

std::optional<engine_queue::piece> engine_queue::take_first() {
  if (pieces_.empty())
    return std::nullopt;
  auto next = std::move(pieces_.front());
  pieces_.pop_front();
  if (std::holds_alternative<engine_work>(next.work)) {
    --work_waiting_;
    if (stopped_)
      next.work = failure{errc::unavailable, "the engine stops"};
  }
  return next;
}

} // namespace weft
