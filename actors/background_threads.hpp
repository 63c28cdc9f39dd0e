#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace weft {

/// A thread for each task that takes its time: opening a model, making or joining an engine. There are few of them, and
/// one that hangs holds up no other. Thread-safe.
class background_threads {
public:
  background_threads() = default;
  background_threads(const background_threads&) = delete;
  background_threads& operator=(const background_threads&) = delete;
  ~background_threads() { join(); }

  void run(std::function<void()> task);
  /// Waits for all tasks, also those that are started meanwhile.
  void join();

private:
  std::mutex mutex_;
  std::condition_variable none_runs_;
  std::list<std::thread> running_;
  std::list<std::thread> ended_; ///< joined by the next run() or join()
};

} // namespace weft
