#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace weft {

/// Something long-lived that must be told when the node stops.
class drainable {
public:
  virtual ~drainable() = default;
  /// Reads nothing more and ends when what was read is answered. Thread-safe, does not block.
  virtual void drain() = 0;
};

/// The open streams of a node: how many there may be, and whom to tell at the end. Thread-safe.
class stream_registry {
public:
  explicit stream_registry(size_t streams_max) : streams_max_(streams_max) {}

  /// False: there are too many already. Each true is paired with one remove().
  bool add(const std::shared_ptr<drainable>& stream);
  void remove(const drainable* stream);

  /// Tells all; those that come later are told at once. `empty` runs once when none is open, here or on another thread.
  void drain(std::function<void()> empty = {});

private:
  const size_t streams_max_;
  std::mutex mutex_;
  bool draining_ = false;
  std::function<void()> empty_;
  std::unordered_map<const drainable*, std::weak_ptr<drainable>> open_;
};

} // namespace weft
