#pragma once

#include "runtime/jobs/job_survey.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace weft {

/// Questions about jobs of which this node has not heard: it has just started, or the news of a new job is on its way.
/// They wait while the live members are asked, so a job is unknown only where none of them knows it. Part of jobs_core;
/// not thread-safe.
class job_finder {
public:
  job_finder(jobs_state& state, record_keeper& keeper) : state_(state), keeper_(keeper) {}

  /// Calls `then` when this node knows the job, at once where it does, or when everybody was asked. Fails with
  /// errc::unavailable where nobody who answers knows it and somebody did not answer, and with errc::overloaded while
  /// searches_max jobs are looked for: ids that clients invent must not take the way of records.
  void find(job_id id, std::function<void(const status&)> then);

  /// The same for a reader or a watch, which may go meanwhile: `then` is not called after forget(). Numbers are never
  /// used twice.
  void find_for(uint64_t number, job_id id, std::function<void(const status&)> then);
  bool waits(uint64_t number) const { return waiting_.contains(number); }
  void forget(uint64_t number) { waiting_.erase(number); }

private:
  static constexpr size_t searches_max = 32;

  void found(job_id id, job_surveyed_by_all all);

  jobs_state& state_;
  record_keeper& keeper_;
  std::map<job_id, std::vector<std::function<void(const status&)>>> searches_;
  std::map<uint64_t, std::function<void(const status&)>> waiting_;
};

} // namespace weft
