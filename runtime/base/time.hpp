#pragma once

#include <chrono>

namespace weft {

/// A point in time of whoever drives the code: an actor's clock, or virtual time in tests. runtime/ never reads a
/// clock itself, it is always told.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

} // namespace weft
