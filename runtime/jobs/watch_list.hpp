#pragma once

#include "runtime/jobs/jobs_state.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace weft {

/// Who watches which job: told at once, then when its header has changed, or how far its corpus is, at most once a
/// period; the last news has an end or is an error. Part of jobs_core; not thread-safe.
class watch_list {
public:
  /// How far a job's corpus is, where this node leads it.
  using standing_of = std::function<std::optional<corpus_standing>(job_id)>;
  watch_list(jobs_state& state, standing_of standing) : state_(state), standing_(std::move(standing)) {}

  void add(uint64_t number, const job_question& which, std::chrono::milliseconds period);
  void remove(uint64_t number);
  void header_changed(job_id id);
  void tick();
  std::optional<time_point> next_wake() const;

private:
  struct watch {
    job_question which;
    std::chrono::milliseconds period{};
    time_point not_before{};
    std::optional<corpus_standing> told{};
  };
  void tell_due(const std::set<uint64_t>& numbers);

  jobs_state& state_;
  const standing_of standing_;
  std::map<uint64_t, watch> watches_;
  std::map<job_id, std::set<uint64_t>> by_job_;
  std::set<uint64_t> with_news_; ///< that wait for their period
};

} // namespace weft
