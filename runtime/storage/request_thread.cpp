#include "runtime/storage/request_thread.hpp"

#include <utility>

namespace weft {

request_thread::request_thread(size_t queue_max, std::chrono::milliseconds interval, task idle)
    : queue_max_(queue_max), interval_(interval), idle_(std::move(idle)), thread_([this] { run(); }) {}

request_thread::~request_thread() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool request_thread::post(task&& next) {
  {
    const std::lock_guard lock{mutex_};
    if (queue_.size() >= queue_max_)
      return false;
    queue_.push_back(std::move(next));
  }
  changed_.notify_one();
  return true;
}

void request_thread::run() {
  using clock = std::chrono::steady_clock;
  const bool idles = interval_.count() > 0 && idle_;
  auto next_idle = clock::now() + interval_;
  std::unique_lock lock{mutex_};
  const auto awake = [this] { return stopping_ || !queue_.empty(); };
  for (;;) {
    if (idles)
      changed_.wait_until(lock, next_idle, awake);
    else
      changed_.wait(lock, awake);
    if (queue_.empty() && stopping_)
      return;
    if (!queue_.empty()) {
      auto next = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      next();
      next = nullptr; // what it holds goes without the lock
      lock.lock();
    }
    if (idles && !stopping_ && clock::now() >= next_idle) {
      lock.unlock();
      idle_();
      next_idle = clock::now() + interval_;
      lock.lock();
    }
  }
}

} // namespace weft
