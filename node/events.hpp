#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weft {

enum class node_event {
  terminate,   ///< SIGTERM or SIGINT
  reload,      ///< SIGHUP
  drain,       ///< an operator asks for what SIGTERM does
  drained,     ///< no call is in flight
  settings,    ///< the cluster's settings have changed
  known_peers, ///< addresses worth keeping, separated by spaces
  left,        ///< the cluster knows that this node goes
  unhealthy,
  model_failed, ///< a model that is opened at start cannot be used
};

/// What the main thread waits for: signals, and what other threads post. Make it before any thread starts: it blocks
/// the signals, and threads inherit that, so that only wait() sees them.
class event_source {
public:
  event_source();
  ~event_source();
  event_source(const event_source&) = delete;
  event_source& operator=(const event_source&) = delete;

  /// Thread-safe.
  void post(node_event event, std::string detail = "");

  struct occurrence {
    node_event event;
    std::string detail;
  };
  /// The next event, or nullopt when `limit` has passed.
  std::optional<occurrence> wait(std::chrono::milliseconds limit);

  /// From now on SIGTERM and SIGINT end the process at once, as if nobody had asked for them.
  void restore_signals() noexcept;

private:
  std::optional<occurrence> take_posted();
  std::optional<occurrence> take_signal();

  int signals_ = -1;
  int posted_ = -1;
  std::mutex mutex_; // guards queue_
  std::vector<occurrence> queue_;
};

} // namespace weft
