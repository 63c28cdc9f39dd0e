#include "runtime/batching/points_cost.hpp"

#include <algorithm>

namespace weft {

uint64_t points_cost::tokens_of(uint64_t products, double tokens_per_second) const noexcept {
  // Far more than an engine ever has, so that sums stay in range.
  constexpr double tokens_max = 1e15;
  const bool measured = rate_.per_second() > 0 && tokens_per_second > 0;
  const double a_token = measured ? rate_.per_second() / tokens_per_second : products_a_token_guess;
  return static_cast<uint64_t>(std::clamp(static_cast<double>(products) / a_token, 1.0, tokens_max));
}

} // namespace weft
