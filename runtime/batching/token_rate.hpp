#pragma once

#include <chrono>
#include <cstdint>

namespace weft {

/// How many tokens an engine computes a second while it computes: a moving average over batches, weighted by their
/// time, that has forgotten two thirds after `memory` of computing.
class token_rate {
public:
  void batch(uint64_t tokens, std::chrono::nanoseconds busy) noexcept {
    const double seconds = std::chrono::duration<double>(busy).count();
    if (tokens == 0 || seconds <= 0)
      return;
    const double measured = static_cast<double>(tokens) / seconds;
    const double share = rate_ > 0 ? seconds / (seconds + memory) : 1;
    rate_ += share * (measured - rate_);
  }
  /// 0: nothing was computed yet.
  double per_second() const noexcept { return rate_; }

private:
  static constexpr double memory = 2; ///< seconds
  double rate_ = 0;
};

} // namespace weft
