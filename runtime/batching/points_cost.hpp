#pragma once

#include "runtime/batching/token_rate.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// What work on points costs in the unit of batches: the tokens that would take an engine as long, by what both were
/// measured to take. Not thread-safe.
class points_cost {
public:
  /// Until work on points was measured: the multiply-adds of a token, as a small encoder's weights have them.
  static constexpr double products_a_token_guess = 10'000'000;

  /// Work of so many multiply-adds was done. k-means may have ended sooner: that makes it as much faster.
  void done(uint64_t products, std::chrono::nanoseconds busy) noexcept { rate_.batch(products, busy); }
  /// 1 at least. tokens_per_second: of the same engine; 0: nothing was computed yet.
  uint64_t tokens_of(uint64_t products, double tokens_per_second) const noexcept;

private:
  token_rate rate_; ///< of multiply-adds
};

} // namespace weft
