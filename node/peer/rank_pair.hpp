#pragma once

#include "runtime/job/job_id.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// Ranks of a communicator must be there within this time of each other.
inline constexpr std::chrono::milliseconds rank_meet_time{10'000};

/// Which ranks belong together: those of one formation of one job's communicator. Job 0 may stand for what no job owns.
struct communicator_id {
  job_id job;
  uint64_t epoch = 0;
  uint64_t formation = 0; ///< collective_group::formation

  bool operator==(const communicator_id&) const = default;
};

/// One rank of a communicator, on this node.
struct rank_place {
  communicator_id communicator{};
  uint32_t rank = 0;

  bool operator==(const rank_place&) const = default;
};

/// Between whom a stream is: the lower rank calls the higher one.
struct rank_pair {
  communicator_id communicator{};
  uint32_t ranks = 0;
  uint32_t from = 0;
  uint32_t to = 0;

  bool operator==(const rank_pair&) const = default;
};

} // namespace weft
