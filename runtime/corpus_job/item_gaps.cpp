#include "runtime/corpus_job/item_gaps.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace weft {

result<item_gaps> item_gaps::of(std::vector<item_run> runs, uint64_t items_total) {
  std::sort(runs.begin(), runs.end(), [](const item_run& a, const item_run& b) { return a.first < b.first; });
  item_gaps out;
  out.items_total_ = items_total;
  uint64_t end = 0;
  for (const auto& run : runs) {
    if (run.count == 0 || run.first < end || run.first >= items_total || run.count > items_total - run.first)
      return failure{errc::invalid_argument, "failed items " + std::to_string(run.first) + " and " +
                                                 std::to_string(run.count) + " on do not fit a job of " +
                                                 std::to_string(items_total)};
    const bool joins = !out.runs_.empty() && run.first == end &&
                       out.runs_.back().count <= std::numeric_limits<uint32_t>::max() - run.count;
    end = run.first + run.count;
    if (joins) {
      out.runs_.back().count += run.count;
    } else {
      out.failed_before_.push_back(out.failed_);
      out.runs_.push_back(run);
    }
    out.failed_ += run.count;
  }
  if (out.runs_.size() > gap_runs_max)
    return failure{errc::too_many_items, "items failed to embed in " + std::to_string(out.runs_.size()) +
                                             " places, at most " + std::to_string(gap_runs_max) +
                                             " are taken: mend the texts and submit them again"};
  return out;
}

std::optional<uint64_t> item_gaps::number_of(uint64_t item) const {
  WEFT_ASSERT(item < items_total_);
  auto next = std::upper_bound(runs_.begin(), runs_.end(), item,
                               [](uint64_t wanted, const item_run& run) { return wanted < run.first; });
  if (next == runs_.begin())
    return item;
  const auto at = static_cast<size_t>(next - runs_.begin()) - 1;
  if (item - runs_[at].first < runs_[at].count)
    return std::nullopt;
  return item - failed_before_[at] - runs_[at].count;
}

uint64_t item_gaps::item_of(uint64_t number) const {
  WEFT_ASSERT(number < embedded());
  // Before run i there are first − failed_before items with a number: the runs with at most `number` lie before it.
  size_t low = 0, high = runs_.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (runs_[middle].first - failed_before_[middle] <= number)
      low = middle + 1;
    else
      high = middle;
  }
  return low == 0 ? number : number + failed_before_[low - 1] + runs_[low - 1].count;
}

std::vector<item_run> gaps_in(uint64_t first_item, std::span<const item_outcome> items) {
  std::vector<item_run> out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!items[i].failed())
      continue;
    if (!out.empty() && out.back().first + out.back().count == first_item + i)
      ++out.back().count;
    else
      out.push_back({first_item + i, 1});
  }
  return out;
}

} // namespace weft
