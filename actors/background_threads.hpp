#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace weft {

/// A thread for each task that takes its time: opening a model, making or joining an engine, a rank of a corpus. There
/// are few of them, and one that hangs holds up no other. Thread-safe.
class background_threads {
public:
  background_threads() = default;
  background_threads(const background_threads&) = delete;
  background_threads& operator=(const background_threads&) = delete;
  ~background_threads() { join(); }

  void run(std::function<void()> task);
  /// Waits for all tasks, also those that are started meanwhile.
  void join();
  /// As join(), but what still runs after so long is left to itself. Returns how many tasks that is; they must need
  /// nothing that ends before the process. No task is started meanwhile or afterwards.
  size_t leave(std::chrono::milliseconds wait_max);

private:
  /// Outlives this object where a thread is left to itself.
  struct threads {
    std::mutex mutex;
    std::condition_variable none_runs;
    std::list<std::thread> running;
    std::list<std::thread> ended; ///< joined by the next run() or join()
    std::list<std::thread> left;  ///< to themselves
  };
  const std::shared_ptr<threads> threads_ = std::make_shared<threads>();
};

} // namespace weft
