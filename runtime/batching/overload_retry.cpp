#include "runtime/batching/overload_retry.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {
namespace {

/// From 0 to a quarter of the pause. Multiples of the golden ratio, less their whole part, lie far apart for any run of
/// numbers (Knuth, The Art of Computer Programming 3, 6.4).
std::chrono::nanoseconds spread(std::chrono::nanoseconds pause, uint64_t call) noexcept {
  constexpr uint64_t golden = 0x9E37'79B9'7F4A'7C15; // 2^64 / 1.618…
  constexpr int bits = 10;
  const auto share = static_cast<int64_t>((call * golden) >> (64 - bits));
  return pause / 4 / (int64_t{1} << bits) * share;
}

} // namespace

std::optional<time_point> next_try(const failure& why, uint32_t tries, time_point now, time_point deadline,
                                   const overload_retry& how) {
  WEFT_ASSERT(tries > 0);
  if (why.code != errc::overloaded || tries >= how.tries_max)
    return std::nullopt;
  const auto doubled = std::min(how.pause_min * (int64_t{1} << std::min(tries - 1, 20u)), how.pause_max);
  const std::chrono::nanoseconds refused_for = std::max(why.retry_after.value_or(how.pause_min), doubled);
  const auto pause = refused_for + spread(refused_for, how.call);
  if (deadline - now <= pause)
    return std::nullopt;
  return now + pause;
}

} // namespace weft
