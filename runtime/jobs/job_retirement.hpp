#pragma once

#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/replicator.hpp"

#include <optional>

namespace weft {

/// What the wall clock does to jobs. The header's owner ends those that are not done in time (expired) and removes
/// those whose retention is over: a tombstone, which all nodes hear of, and with which segments go. Each node forgets
/// tombstones by itself. Part of jobs_core; not thread-safe.
class job_retirement {
public:
  job_retirement(jobs_state& state, record_keeper& keeper, replicator& copies)
      : state_(state), keeper_(keeper), copies_(copies) {}

  /// A header has come or changed, or the members have: something may be due earlier.
  void changed();
  void tick();
  std::optional<time_point> next_wake() const { return next_look_; }

private:
  wall_time due_at(const job_header& header) const;
  void retire(const job_header& header);

  jobs_state& state_;
  record_keeper& keeper_;
  replicator& copies_;
  std::optional<time_point> next_look_;
};

} // namespace weft
