#include "runtime/batching/overload_retry.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {

std::optional<time_point> next_try(const failure& why, uint32_t tries, time_point now, time_point deadline,
                                   const overload_retry& how) {
  WEFT_ASSERT(tries > 0);
  if (why.code != errc::overloaded || tries >= how.tries_max)
    return std::nullopt;
  const auto doubled = std::min(how.pause_min * (int64_t{1} << std::min(tries - 1, 20u)), how.pause_max);
  const auto pause = std::max(why.retry_after.value_or(how.pause_min), doubled);
  if (deadline - now <= pause)
    return std::nullopt;
  return now + pause;
}

} // namespace weft
