#pragma once

#include "runtime/jobs/job_survey.hpp"
#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace weft {

/// Which of the segments kept here this node has to run: those with texts, of jobs that have not ended, whose first
/// live owner it is. And, looked at every stray_period, those whose first live owner does not have them (its disk took
/// nothing, or it has just come): then the first in rank that has one runs it, so that no segment waits for repair. And
/// those whose results did not come here though another node has had them for a whole period: they are asked for.
/// Part of jobs_core; not thread-safe.
class run_duty {
public:
  struct orders { ///< to execution_core
    std::function<void(const segment_meta&, priority, wall_time created, bool taken_over)> offer;
    std::function<void(segment_id)> withdraw;
    std::function<void(job_id)> withdraw_job;
    std::function<void(segment_id)> fetch; ///< others have something better of it; to repair_core
  };

  run_duty(jobs_state& state, orders given) : state_(state), orders_(std::move(given)) {}

  void segment_kept(const segment_meta& meta);
  void segment_dropped(segment_id id);
  void header_changed(const job_header& header);
  void members_changed();

  void tick();
  std::optional<time_point> next_wake() const;

private:
  bool is_mine(const segment_meta& meta) const;
  void look_at(const segment_meta& meta, const job_header& header);
  void look_for_strays(job_id job, uint32_t from);
  void strays_found(job_id job, const job_surveyed_by_all& answers);
  void finished_elsewhere(segment_id id);

  jobs_state& state_;
  orders orders_;
  std::set<job_id> strays_;       ///< jobs that have texts here for others to run
  std::set<segment_id> stood_in_; ///< run here in place of a first owner that does not have them
  std::set<segment_id> late_;     ///< finished elsewhere at the last look, not here
  std::set<segment_id> late_now_; ///< and at this one
  time_point next_look_{};
};

} // namespace weft
