#pragma once

#include "runtime/base/time.hpp"
#include "runtime/batching/token_rate.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// How long one engine takes for a batch: a fixed part (launching, copying, waking threads) and a part for each token.
/// Fitted by least squares to the batches that it has computed, each weighted by what was expected of it, so that a
/// small one says as much as a large one. The old counts less with what was computed since (`memory`) and with time
/// (`fades`). Not thread-safe; `now` never goes back.
class engine_speed {
public:
  static constexpr std::chrono::seconds memory{2}; ///< of computing, after which two thirds are forgotten
  static constexpr std::chrono::seconds fades{10};
  /// As often measured, it is known for good: however long ago that was, it counts as at most `fade_max` times faster.
  static constexpr uint32_t batches_sure = 8;
  static constexpr double fade_max = 4;

  /// A batch was computed. One without tokens or time says nothing.
  void batch(uint64_t tokens, std::chrono::nanoseconds busy, time_point now) noexcept;
  bool known() const noexcept { return batches_ > 0; }

  /// What so many tokens take, in batches of at most so many. REQUIRES: known(), tokens_max > 0.
  double seconds_for(uint64_t tokens, uint64_t tokens_max) const noexcept;
  /// By what seconds_for() is to be multiplied for choosing an engine, 0 to 1: who has done nothing for long is thought
  /// to be faster than it was, so that it is tried again.
  double faded(time_point now) const noexcept;

  double batch_seconds() const noexcept { return fixed_; }
  /// Beyond the fixed part; 0 while not known().
  double tokens_per_second() const noexcept { return token_ > 0 ? 1 / token_ : 0; }
  /// As it was measured, with batches as they came: the fixed part included. 0 while not known().
  double mean_tokens_per_second() const noexcept { return rate_.per_second(); }

private:
  double seconds_of_one(double tokens) const noexcept;
  void fit() noexcept;

  // Sums over batches of n tokens and t seconds, weighted.
  double weight_ = 0;
  double n_ = 0;
  double t_ = 0;
  double nn_ = 0;
  double nt_ = 0;

  double fixed_ = 0;
  double token_ = 0;
  double largest_ = 0;    ///< tokens of the largest batch so far
  bool separate_ = false; ///< batches of different sizes have told the two parts apart
  uint32_t batches_ = 0;  ///< counted up to batches_sure
  time_point measured_{};
  token_rate rate_;
};

} // namespace weft
