#pragma once

namespace weft {

/// How weftd ends; the numbers mean the same as the weft command's.
enum class exit_code : int {
  success = 0,   ///< stopped as asked, every call answered
  failed = 1,    ///< could not start: a port, the data folder, the model
  usage = 2,     ///< a wrong flag or configuration
  unhealthy = 4, ///< an actor failed more often than its restart limit allows
  timed_out = 6, ///< stopped with calls in flight: the drain limit passed, or a second signal came
};

} // namespace weft
