#pragma once

#include "runtime/base/time.hpp"
#include "runtime/ports/collective.hpp"

#include <algorithm>
#include <chrono>

namespace weft {

/// Nobody waits longer for a verb, whatever the caller says; keeps the sum below within the clock's range, too.
inline constexpr std::chrono::milliseconds patience_max = std::chrono::hours{24};

inline time_point deadline_after(time_point now, collective::patience limit) {
  return now + std::clamp(limit, collective::patience::zero(), patience_max);
}

} // namespace weft
