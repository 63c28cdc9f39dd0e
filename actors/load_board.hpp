#pragma once

#include "runtime/job/node_load.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace weft {

/// How busy the node is at this moment: told by its pools at every change, read by whoever answers another node.
/// Thread-safe; held for a few instructions.
class load_board {
public:
  void set(const std::string& pool, const node_load& load) {
    const std::lock_guard hold(mutex_);
    pools_[pool] = load;
  }
  /// All pools together.
  node_load now() const {
    const std::lock_guard hold(mutex_);
    node_load sum;
    for (const auto& [name, one] : pools_) {
      sum.queued_tokens += one.queued_tokens;
      sum.calls_in_flight += one.calls_in_flight;
      sum.workers += one.workers;
      sum.tokens_per_second += one.tokens_per_second;
      for (const auto& group : one.groups)
        if (group.engines > 0)
          add_group(sum, group);
    }
    return sum;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, node_load> pools_;
};

} // namespace weft
