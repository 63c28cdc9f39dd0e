#pragma once

#include "runtime/base/time.hpp"
#include "runtime/job/context.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_id.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace weft {

/// A segment that waits to be run here.
struct queued_segment {
  segment_id id;
  uint64_t first_item = 0;
  weft::priority priority = weft::priority::normal;
  wall_time created{}; ///< the job's
  bool taken_over = false;
  uint32_t rests = 0; ///< in a row, of this segment
};

/// Which segment is next: the highest priority that has one, in turn over its jobs from the eldest on, of the job the
/// first. Part of execution_core.
class run_queue {
public:
  /// In place of one with the same id.
  void put(const queued_segment& segment);
  /// Out of it; empty: it was not there.
  std::optional<queued_segment> take(segment_id id);
  void remove_job(job_id job);
  /// The next one, out of it. Frozen: none that is taken over.
  std::optional<queued_segment> next(bool frozen, time_point now);
  /// As if only those that are taken over were there.
  std::optional<queued_segment> next_taken_over(time_point now);

  /// Nothing of that job until then; of an unknown job: nothing happens.
  void rest(job_id job, time_point until);
  /// When the first rest after `now` ends.
  std::optional<time_point> next_rest_end(time_point now) const;

  bool contains(segment_id id) const { return find(id) != nullptr; }
  size_t size() const noexcept { return size_; }

private:
  struct turn { // the place of a job among those of its priority
    wall_time created{};
    job_id job;
    auto operator<=>(const turn&) const = default;
  };
  using line = std::map<uint32_t, queued_segment>; ///< by index
  struct waiting_job {
    weft::priority priority = weft::priority::normal;
    wall_time created{};
    line own;
    line taken_over;
    time_point rests_until{};
  };
  struct level {
    std::set<turn> jobs;
    turn last; ///< served
  };

  const queued_segment* find(segment_id id) const;
  static const line* only_taken_over(const waiting_job& job);
  using line_of = const line* (*)(const waiting_job&); ///< which of a job's lines has its next segment; null: none
  std::optional<queued_segment> next_of(line_of pick, time_point now);
  std::optional<queued_segment> next_of(level& from, line_of pick, time_point now);
  void leave(std::map<job_id, waiting_job>::iterator job);
  level& level_of(weft::priority priority) { return levels_[static_cast<size_t>(priority)]; }

  std::map<job_id, waiting_job> jobs_;
  std::array<level, priority_count> levels_;
  size_t size_ = 0;
};

} // namespace weft
