#pragma once

#include "tools/weft/problem.hpp"

#include <grpcpp/client_context.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace weft::cli {

/// Cancels a stream whose node has stopped answering, or that nobody wants any more: Read() cannot be told to give up,
/// so a thread looks at the clock. One a stream; start() and end() by one thread, the rest by any.
/// REQUIRES: context and what it is asked with outlive it; the questions are thread-safe.
class stall_watch {
public:
  struct settings {
    std::chrono::milliseconds stall_max{}; ///< without any answer while one is due
    std::function<bool()> is_due;          ///< the node owes an answer
    std::function<bool()> is_over;         ///< nobody wants the stream any more
  };
  stall_watch(grpc::ClientContext& context, settings wanted) : context_(context), settings_(std::move(wanted)) {}
  ~stall_watch() { end(); }
  stall_watch(const stall_watch&) = delete;
  stall_watch& operator=(const stall_watch&) = delete;

  void start();
  /// An answer came.
  void answered() { last_answer_ = steady::now(); }
  /// Waits for its thread.
  void end();

  /// The stream was cancelled because no answer came.
  bool stalled() const { return stalled_; }
  /// What that means for the command. endpoint: of the node.
  problem explain(const std::string& endpoint) const;

private:
  using steady = std::chrono::steady_clock;
  void watch();

  grpc::ClientContext& context_;
  const settings settings_;
  std::atomic<steady::time_point> last_answer_{steady::now()};
  std::atomic<bool> stalled_{false};
  std::mutex mutex_; // guards ended_
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

} // namespace weft::cli
