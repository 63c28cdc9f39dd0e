#pragma once

#include "runtime/base/result.hpp"
#include "runtime/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace weft {

/// How patient an actor is whose own call was refused for lack of room, while it holds what it did before.
struct overload_retry {
  uint32_t tries_max = 8;                     ///< calls in all, the first included
  std::chrono::milliseconds pause_min{50};    ///< doubles with each try that was refused
  std::chrono::milliseconds pause_max{5'000}; ///< of what was doubled
  /// The number of the call among those that may be refused at the same moment: spreads them over a quarter of the
  /// pause, so that they do not all come back at once to where there was no room for all. 0 comes without delay.
  uint64_t call = 0;
};

/// When a call that failed so is to be made again, after `tries` of them: after the time that the refusal gives, or the
/// doubled pause where that is longer, and its share of the spread. Nothing: not at all, for it was no refusal
/// (errc::overloaded), the tries are used up, or the deadline would come first. REQUIRES: tries > 0.
std::optional<time_point> next_try(const failure& why, uint32_t tries, time_point now, time_point deadline,
                                   const overload_retry& how = {});

} // namespace weft
