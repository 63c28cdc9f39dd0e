#pragma once

#include "runtime/jobs/attached_census.hpp"
#include "runtime/jobs/job_survey.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/replicator.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace weft {

/// Counts how far the jobs are whose header this node owns, by asking all live members what they keep, and ends them:
/// when every segment has results that `synced` nodes keep, and of a corpus job the outcome, too. From the first
/// segment on that is not known to be so, range by range, so memory does not grow with the job. Part of jobs_core; not
/// thread-safe.
///
/// Often at first, so that a small job ends within a tenth of a second, then each header_period; a job of which nothing
/// changes is asked for less and less, a large one so that an answer's cost stays below count_rate_max.
class progress_counter {
public:
  /// embedded: every segment of this corpus job is done, safely, and its outcome is not; told with each round.
  progress_counter(jobs_state& state, record_keeper& keeper, replicator& copies,
                   std::function<void(job_id)> embedded = {})
      : state_(state), keeper_(keeper), copies_(copies), embedded_(std::move(embedded)) {}

  void header_changed(const job_header& header);
  /// Results have come to this node: there may be news of this job.
  void segment_finished(segment_id id);
  /// It may be over now.
  void look_again(job_id id);
  void members_changed();
  void tick();
  std::optional<time_point> next_wake() const;

private:
  struct counting {
    job_state state = job_state::pending;
    uint32_t frontier = 0; ///< the segments before are done, safely
    job_progress before{}; ///< what they add up to
    job_progress beyond{}; ///< of the round under way
    attached_census attached{};
    uint64_t round = 0;     ///< 0: none under way
    uint32_t metas = 0;     ///< heard of in this round
    bool is_gapless = true; ///< so far in this round
    std::chrono::milliseconds period{};
    time_point due{};
  };
  counting& start(const job_header& header);
  void ask(job_id job, uint64_t round, uint32_t from);
  void heard(job_id job, uint64_t round, job_surveyed_by_all answers);
  void add(counting& it, uint32_t index, const surveyed_segment& segment, uint32_t synced);
  void round_ends(job_id job, counting& it);
  bool report(job_id job, const counting& it);

  jobs_state& state_;
  record_keeper& keeper_;
  replicator& copies_;
  std::function<void(job_id)> embedded_;
  std::map<job_id, counting> jobs_;
  uint64_t last_round_ = 0;
  uint32_t under_way_ = 0;
};

} // namespace weft
