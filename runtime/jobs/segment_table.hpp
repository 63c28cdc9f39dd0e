#pragma once

#include "runtime/job/job_segment.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// What this node keeps, synced, of which segments: their metas, never their bodies; about 150 bytes each. Ordered by
/// job and index, so that whoever walks over it does so in the same order every time. Not thread-safe.
class segment_table {
public:
  using of_job = std::map<uint32_t, segment_meta>; ///< by index

  /// Null: it is not kept here.
  const segment_meta* find(segment_id id) const;
  /// Null: nothing of this job is kept here.
  const of_job* find(job_id job) const;
  const std::map<job_id, of_job>& jobs() const noexcept { return jobs_; }

  /// In place of what was there, when it supersedes() that; false: it does not.
  bool put(const segment_meta& meta);
  bool erase(segment_id id);
  /// All of a job; how many there were.
  size_t erase(job_id job);

  size_t size() const noexcept { return size_; }
  uint64_t bytes() const noexcept { return bytes_; } ///< of the bodies
  /// Kept ones without results.
  size_t waiting() const noexcept { return waiting_; }

  /// The metas of a job from an index on, ascending; and where to go on, if there are more than `segments_max`.
  std::pair<std::vector<segment_meta>, std::optional<uint32_t>> survey(job_id job, uint32_t first,
                                                                       uint32_t segments_max) const;
  std::vector<segment_meta> all() const;

private:
  void leave(const segment_meta& meta);

  std::map<job_id, of_job> jobs_;
  size_t size_ = 0;
  size_t waiting_ = 0;
  uint64_t bytes_ = 0;
};

} // namespace weft
