#pragma once

#include "runtime/base/result.hpp"
#include "runtime/device_group/regroup.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// Segments of a corpus: a plan of more would not fit one message between nodes.
inline constexpr uint32_t corpus_segments_max = 65'536;

/// The results of one segment, and who has them.
struct segment_holding {
  uint32_t segment = 0;
  uint64_t first_item = 0; ///< place of its first item in the job
  uint32_t items = 0;      ///< that have a vector
  uint32_t failed = 0;     ///< that have none
  uint64_t hash = 0;       ///< of these results: whoever loads the segment loads this form of it
  std::vector<node_id> holders;

  bool operator==(const segment_holding&) const = default;
};

/// A segment that a rank loads.
struct planned_segment {
  uint32_t segment = 0;
  uint32_t first_number = 0; ///< its items that have a vector are numbered from here on, over the whole corpus
  uint32_t items = 0;        ///< so many
  uint64_t hash = 0;

  bool operator==(const planned_segment&) const = default;
};

/// Which rank loads what.
struct rank_plan {
  std::vector<group_worker> ranks;                  ///< ascending, each with something to load
  std::vector<std::vector<planned_segment>> shares; ///< [ranks], ascending
  uint64_t items = 0;                               ///< of all
  uint64_t roster = 0; ///< names the corpus: all segments with their forms. A checkpoint belongs to one roster

  bool operator==(const rank_plan&) const = default;
};

/// The share of each rank by the number of its items.
uint64_t items_of(std::span<const planned_segment> share) noexcept;

/// Gives every segment with items to a rank whose node holds it: as evenly as holders allow, by items. What a survivor
/// of the plan before has loaded it keeps; what was a dead rank's goes to whoever has least. The same for the same
/// input, in whatever order holders and workers come.
/// holdings: all segments of the job, [segments] ascending from 0 without a gap. live: who may be a rank; of more than
/// ranks_max those are taken who hold most of what nobody has taken.
/// Errors: errc::unavailable (no live worker holds a segment: its number is in the metadata), errc::invalid_argument
/// (no item has a vector), errc::too_many_items (more items or segments than a corpus may have). REQUIRES: 0 <
/// ranks_max <= collective_ranks_max.
result<rank_plan> plan_ranks(std::span<const segment_holding> holdings, std::span<const group_worker> live,
                             const rank_plan* before = nullptr, uint32_t ranks_max = collective_ranks_max);

} // namespace weft
