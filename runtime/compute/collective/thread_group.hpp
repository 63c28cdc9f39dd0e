#pragma once

#include "runtime/ports/collective.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace weft {

/// A communicator between threads of one process: [ranks] ends, one a thread. Ends may be made in one thread and
/// moved to others; each is used by one thread at a time, but abort() and async_error() by any while the end lives.
///
/// Ranks read each other's buffers, so nothing is copied on the way. A verb succeeds on all ranks or on none: what
/// comes after the last rank has come (an abort, too) ends the next verb. An end that is destroyed is a rank that died;
/// the others learn of it at once (errc::unavailable). When one rank runs out of patience, all fail with
/// errc::deadline_exceeded.
/// REQUIRES: 0 < ranks <= collective_ranks_max.
std::vector<std::unique_ptr<collective>> make_thread_group(uint32_t ranks, uint64_t epoch = 0);

} // namespace weft
