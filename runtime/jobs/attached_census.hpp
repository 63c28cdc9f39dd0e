#pragma once

#include "runtime/corpus_job/attachment.hpp"
#include "runtime/jobs/job_survey.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace weft {

/// Which parts of a job's attachments a survey has found, and where. Not thread-safe.
class attached_census {
public:
  /// A segment of items is left out.
  void add(const surveyed_segment& segment);

  /// Every part is there, all of the same bytes (whole_of()), on so many nodes each.
  bool is_whole(attached_kind kind, size_t copies) const;
  /// Of an outcome: there is no result, but a reason.
  bool has_failed(attached_kind kind) const;
  /// Of its parts the greatest; 0: none is there.
  uint64_t generation(attached_kind kind) const;
  /// Of any part of anything.
  uint64_t newest_generation() const noexcept { return newest_; }

  struct part {
    segment_meta meta;
    std::vector<node_id> holders;
  };
  /// By number.
  const std::map<uint32_t, part>& parts(attached_kind kind) const { return kinds_[static_cast<size_t>(kind)]; }

private:
  std::array<std::map<uint32_t, part>, attached_kinds> kinds_;
  uint64_t newest_ = 0;
};

} // namespace weft
