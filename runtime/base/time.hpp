#pragma once

#include <chrono>

namespace weft {

/// A point in time of whoever drives the code: an actor's clock, or virtual time in tests. runtime/ never reads a
/// clock itself, it is always told.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// Calendar time of whoever drives the code: for people, and for what outlives a process.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

} // namespace weft
