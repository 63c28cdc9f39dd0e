#pragma once

#include "runtime/device_group/regroup.hpp"
#include "runtime/jobs/effect_desk.hpp"
#include "runtime/jobs/header_table.hpp"
#include "runtime/jobs/job_places.hpp"
#include "runtime/jobs/job_time.hpp"
#include "runtime/jobs/jobs_options.hpp"
#include "runtime/jobs/segment_table.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft {

/// What the parts of a jobs core share: who is there, what is known, what time it is. Owned by JOBS_CORE, which sets
/// `now` and `places` before an event reaches a part.
struct jobs_state {
  jobs_state(node_id self_, jobs_options options_)
      : self(self_), options(std::move(options_)), desk(std::max(options.asks_max, 1u)) {}

  node_id self;
  jobs_options options;
  job_time now;
  job_places places;
  header_table headers;
  segment_table segments;
  effect_desk desk;
  uint64_t next_sequence = 1;
  std::vector<group_worker> workers; ///< the processes of places.live(): who may be a rank
  size_t workers_known = 0;          ///< with those that are missing

  /// Names a record that this node is the first to write, or the change of one.
  log_stamp stamp() noexcept { return {.writer = self, .sequence = next_sequence++}; }

  /// How many nodes keep a segment of this job.
  uint32_t copies_of(job_id id) const {
    const auto* job = headers.find(id);
    return std::clamp<uint32_t>((job ? job->header.spec.durability : options.durability).copies, 1, owners_max);
  }
};

/// The earlier of two times, of which either may be absent.
inline void sooner(std::optional<time_point>& into, std::optional<time_point> other) noexcept {
  if (other && (!into || *other < *into))
    into = other;
}

} // namespace weft
