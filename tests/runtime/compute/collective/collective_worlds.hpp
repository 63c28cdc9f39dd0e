#pragma once

#include "runtime/compute/collective/thread_group.hpp"
#include "tests/support/rank_threads.hpp"

#include <cstdint>

namespace weft {

// The implementations of the port that need no device, made alike: the contract's tests run on each.

struct thread_world {
  static rank_ends make(uint32_t ranks, uint64_t epoch = 0) { return make_thread_group(ranks, epoch); }
};

// For TEST_CASE_TEMPLATE.
#define WEFT_WORLDS weft::thread_world

} // namespace weft
