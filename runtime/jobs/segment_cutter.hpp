#pragma once

#include "runtime/job/job_segment.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// Cuts the items of a job into segments: a segment is closed when it has segment_items_max items, or before the item
/// that would bring it above segment_bytes_max; never by time. So it follows from the items alone, and whoever cuts the
/// same ones, from the end of any segment on, cuts the same: two nodes that take one job at once, or one after the
/// other, agree slot by slot.
class segment_cutter {
public:
  struct cut {
    uint32_t index = 0;
    uint64_t first_item = 0;
    std::vector<std::string> texts;
  };

  segment_cutter() = default;
  /// Goes on behind the segments that are there.
  segment_cutter(uint32_t next_index, uint64_t next_item) : index_(next_index), first_item_(next_item) {}

  /// The segments that these items close.
  std::vector<cut> add(std::vector<std::string> texts);
  /// What is left, as the last segment; it has no texts when nothing is.
  cut finish();

  uint32_t segments() const noexcept { return index_; } ///< closed, with those before
  uint64_t items() const noexcept { return first_item_ + texts_.size(); }
  uint64_t bytes_open() const noexcept { return bytes_; } ///< of the segment that is not closed

private:
  cut close();

  uint32_t index_ = 0;
  uint64_t first_item_ = 0;
  uint64_t bytes_ = 0;
  std::vector<std::string> texts_;
};

} // namespace weft
