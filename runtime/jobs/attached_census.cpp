#include "runtime/jobs/attached_census.hpp"

#include <algorithm>

namespace weft {

void attached_census::add(const surveyed_segment& segment) {
  const auto place = attached_at(segment.best.id.index);
  if (!place || segment.best.stage != segment_stage::results)
    return;
  newest_ = std::max(newest_, segment.best.first_item);
  kinds_[static_cast<size_t>(place->kind)][place->part] = {segment.best, segment.alike};
}

bool attached_census::is_whole(attached_kind kind, size_t copies) const {
  const auto& found = parts(kind);
  if (found.empty() || found.begin()->first != 0)
    return false;
  const auto whole = found.begin()->second.meta.tokens;
  // A longer form that was replaced may have left further parts behind.
  uint64_t next = 0;
  for (const auto& [number, it] : found) {
    if (next == parts_in(whole))
      break;
    if (number != next++ || it.meta.tokens != whole || it.holders.size() < copies)
      return false;
  }
  return next > 0 && next == parts_in(whole);
}

bool attached_census::has_failed(attached_kind kind) const {
  const auto& found = parts(kind);
  return !found.empty() && found.begin()->second.meta.failed > 0;
}

uint64_t attached_census::generation(attached_kind kind) const {
  uint64_t out = 0;
  const auto& found = parts(kind);
  for (const auto& [number, it] : found)
    if (number < parts_in(found.begin()->second.meta.tokens)) // what follows is of a longer form
      out = std::max(out, it.meta.first_item);
  return out;
}

} // namespace weft
