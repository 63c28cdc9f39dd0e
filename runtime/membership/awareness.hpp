#pragma once

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstdint>

namespace weft {

/// How much we trust our own view (Lifeguard's local health multiplier): 0 is healthy. Failed probes whose helpers do
/// not answer either, refutations and stalls raise it, answered probes lower it. A slow node so gives the others more
/// time instead of accusing them.
class awareness {
public:
  /// REQUIRES: multiplier_max > 0.
  explicit awareness(uint32_t multiplier_max) : max_(static_cast<int>(multiplier_max) - 1) {
    WEFT_ASSERT(multiplier_max > 0);
  }

  void add(int delta) noexcept { score_ = std::clamp(score_ + delta, 0, max_); }
  int score() const noexcept { return score_; }

  /// The time, stretched by 1 + score.
  template <class T> T stretch(T time) const noexcept { return time * (1 + score_); }

private:
  int max_;
  int score_ = 0;
};

} // namespace weft
