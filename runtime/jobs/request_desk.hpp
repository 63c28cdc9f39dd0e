#pragma once

#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"

#include <cstdint>
#include <functional>

namespace weft {

/// Answers what other nodes ask about records: keep, fetch, survey. (Comparing and trying belong to repair and
/// execution.) Part of jobs_core; not thread-safe.
class request_desk {
public:
  request_desk(jobs_state& state, record_keeper& keeper, std::function<void(segment_id)> damaged)
      : state_(state), keeper_(keeper), damaged_(std::move(damaged)) {}

  void keep(uint64_t exchange, keep_records request);
  void fetch(uint64_t exchange, fetch_segments request);
  void survey(uint64_t exchange, const survey_job& request);

private:
  void answer(uint64_t exchange, result<job_answer> what) { state_.desk.want(answer_node{exchange, std::move(what)}); }

  jobs_state& state_;
  record_keeper& keeper_;
  std::function<void(segment_id)> damaged_;
};

} // namespace weft
