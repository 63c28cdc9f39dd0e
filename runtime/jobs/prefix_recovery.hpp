#pragma once

#include "runtime/jobs/job_survey.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/replicator.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace weft {

/// The segments from the first on without a gap, each of which is safe.
struct safe_prefix {
  uint32_t segments = 0;
  uint64_t items = 0;
};

struct recovery_options {
  job_id job;
  job_durability durability;
  time_point give_up{};
  std::function<void(segment_id)> damaged{};
};

/// Finds what is left of a submission that was cut, on whichever nodes, and makes it safe again: a segment that fewer
/// than `synced` live nodes have is copied. Goes on for as long as too few members answer to be sure that nothing
/// acknowledged was overlooked: all live ones but synced − 1. Memory does not grow with the job: one range of segments
/// at a time. `done` fails with errc::no_quorum, storage_full or storage_failed, at give_up.
///
/// A segment that nobody who is there has ends the prefix: the submitter sends its items again, which gives the same
/// segment.
void recover_prefix(jobs_state& state, record_keeper& keeper, replicator& copies, recovery_options options,
                    std::function<void(result<safe_prefix>)> done);

} // namespace weft
