#pragma once

#include "runtime/base/time.hpp"
#include "runtime/job/job_header.hpp"

namespace weft {

/// Now, by both clocks: timers run on the steady one, what outlives a process is timed by the wall's.
struct job_time {
  time_point steady{};
  wall_time wall{};
};

} // namespace weft
