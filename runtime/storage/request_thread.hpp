#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace weft {

/// A thread that does what it is given, in order, from a queue with a bound. Destroying it does first what waits.
class request_thread {
public:
  using task = std::function<void()>;

  /// `idle` runs on the thread too, about every `interval` (zero: never).
  request_thread(size_t queue_max, std::chrono::milliseconds interval = {}, task idle = {});
  ~request_thread();
  request_thread(const request_thread&) = delete;
  request_thread& operator=(const request_thread&) = delete;

  /// False when the queue is full; then the task is not taken. Thread-safe.
  bool post(task&& next);

private:
  void run();

  const size_t queue_max_;
  const std::chrono::milliseconds interval_;
  const task idle_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<task> queue_;
  bool stopping_ = false;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace weft
