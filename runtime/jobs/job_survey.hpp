#pragma once

#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace weft {

/// A segment, as the members that answered know it.
struct surveyed_segment {
  segment_meta best;             ///< supersedes() the others
  std::vector<node_id> holders;  ///< in any form; this node first, when it is one
  std::vector<node_id> finished; ///< those of them that have results
  std::vector<node_id> alike;    ///< those of them that have it as `best` is
};

/// What the live members keep of a job.
struct job_surveyed_by_all {
  std::map<uint32_t, surveyed_segment> segments; ///< by index
  std::optional<uint32_t> next;                  ///< where to go on; empty: that was all
  std::vector<job_header> headers;
  uint32_t answered = 0;      ///< with this node
  uint32_t asked = 0;         ///< as well
  std::set<node_id> silent{}; ///< that were asked and did not answer
};

/// Asks every live member, in one round, what it keeps of a job from an index on; each says at most `segments_max`,
/// and what lies behind the shortest answer is left for the next round: memory does not grow with the job. `done` is
/// called when all have answered or failed, never before this returns. without: who is not asked: of several rounds
/// each would wait for one that is silent.
void survey_members(jobs_state& state, job_id job, uint32_t first, uint32_t segments_max,
                    std::function<void(job_surveyed_by_all)> done, const std::set<node_id>& without = {});

/// A record from the first of these nodes that has it in this stage; this node reads its log, and does not wait for a
/// disk that hangs. errc::unavailable: none has it. `damaged` is called for a record that this node should have and
/// does not.
struct record_search {
  segment_id id;
  segment_stage least = segment_stage::texts; ///< or better
  std::vector<node_id> nodes;                 ///< in this order
  std::function<void(segment_id)> damaged{};
};
void find_record(jobs_state& state, record_search search, std::function<void(result<segment_record>)> done);

} // namespace weft
