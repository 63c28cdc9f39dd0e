#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>
#include <deque>

namespace weft {

/// How often a child may fail before its supervisor gives up: at most `restarts_max` restarts in any `window`.
struct restart_limit_options {
  uint32_t restarts_max = 5;
  duration window = std::chrono::seconds{30};
};

/// Counts the restarts of one child in a sliding window. Owned by a supervisor; not thread-safe.
/// REQUIRES: `now` never goes back.
class restart_limit {
public:
  explicit restart_limit(restart_limit_options options = {}) : options_(options) {}

  /// The child has failed: true when it may be started again (and counts that), false when it failed too often.
  bool allow(time_point now);

private:
  restart_limit_options options_;
  std::deque<time_point> restarts_; ///< those inside the window, oldest first; never more than restarts_max
};

} // namespace weft
