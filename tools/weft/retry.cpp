#include "tools/weft/retry.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft::cli {

retry_policy::retry_policy(size_t endpoints, uint64_t seed, size_t rounds)
    : endpoints_(endpoints), rounds_(rounds), random_(static_cast<std::minstd_rand::result_type>(seed)) {
  WEFT_ASSERT(endpoints > 0);
  WEFT_ASSERT(rounds > 0);
  WEFT_ASSERT(rounds <= 16);
}

retry_policy::step retry_policy::failed(std::optional<std::chrono::milliseconds> retry_after) {
  if (retry_after && (retry_after->count() < 0 || *retry_after > wait_max))
    return {};
  ++attempts_;
  wish_ = std::max(wish_, retry_after.value_or(std::chrono::milliseconds{0}));
  if (attempts_ >= endpoints_ * rounds_)
    return {};
  if (attempts_ % endpoints_ != 0)
    return {true, {}};
  const size_t round = attempts_ / endpoints_ - 1;
  const double jitter = std::uniform_real_distribution<double>{0.8, 1.2}(random_);
  const auto backoff = std::chrono::milliseconds{
      static_cast<int64_t>(static_cast<double>((wait_first * (1 << round)).count()) * jitter)};
  return {true, std::max(backoff, std::exchange(wish_, {}))};
}

} // namespace weft::cli
