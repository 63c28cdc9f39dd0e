#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weft {

/// Items of a job that follow each other.
struct item_run {
  uint64_t first = 0;
  uint32_t count = 0;

  bool operator==(const item_run&) const = default;
};

/// Runs of failed items that a corpus may have: they travel in one message.
inline constexpr uint32_t gap_runs_max = 65'536;

/// Items of a job that failed to embed, and the numbers of the others: a corpus counts from 0 over those that have a
/// vector, a job over all. Immutable.
class item_gaps {
public:
  item_gaps() = default;

  /// runs: of failed items, in any order, none empty; neighbours become one. Errors: errc::invalid_argument (a run is
  /// empty, beyond items_total or on another), errc::too_many_items (more than gap_runs_max, after they were joined).
  static result<item_gaps> of(std::vector<item_run> runs, uint64_t items_total);

  uint64_t items_total() const noexcept { return items_total_; }
  uint64_t failed() const noexcept { return failed_; }
  uint64_t embedded() const noexcept { return items_total_ - failed_; }
  const std::vector<item_run>& runs() const noexcept { return runs_; } ///< ascending, with items between them

  /// The number in the corpus of an item of the job; nothing: it failed. REQUIRES: item < items_total().
  std::optional<uint64_t> number_of(uint64_t item) const;
  /// The item of the job that has this number. REQUIRES: number < embedded().
  uint64_t item_of(uint64_t number) const;

  bool operator==(const item_gaps&) const = default;

private:
  uint64_t items_total_ = 0;
  uint64_t failed_ = 0;
  std::vector<item_run> runs_;
  std::vector<uint64_t> failed_before_; ///< [runs]
};

/// The failed items of one segment, ascending.
std::vector<item_run> gaps_in(uint64_t first_item, std::span<const item_outcome> items);

} // namespace weft
