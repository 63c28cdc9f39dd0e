#include "runtime/batching/work_rate.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace weft {

void work_rate::dispatched(bool more, time_point now) noexcept {
  if (more && !full_)
    since_ = now;
  full_ = more;
}

void work_rate::done(uint64_t cost, time_point now) noexcept {
  if (!full_)
    return;
  const std::chrono::duration<double> passed = now - since_;
  since_ = now;
  batches_ = std::min(batches_ + 1, known_after_batches);
  auto kept = std::exp2(-(passed / half_life));
  cost_ = cost_ * kept + static_cast<double>(cost);
  time_ = time_ * kept + passed;
}

duration work_rate::time_of(uint64_t cost) const noexcept {
  WEFT_ASSERT(known());
  // An hour stands for "never", and keeps the sum with any time in range.
  constexpr std::chrono::duration<double> longest = std::chrono::hours{1};
  auto takes = cost_ > 0 ? time_ * (static_cast<double>(cost) / cost_) : longest;
  return std::chrono::duration_cast<duration>(std::min(takes, longest));
}

} // namespace weft
