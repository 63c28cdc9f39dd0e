#include "runtime/corpus/duplicate_leaders.hpp"

#include "runtime/base/assert.hpp"

namespace weft {

std::vector<near_duplicate> find_duplicates(const item_rows& rows, uint32_t dimensions, uint32_t similarity) {
  WEFT_ASSERT(rows.points.size() == rows.items.size() * dimensions);
  return duplicates_of(rows.items, find_leaders(rows.points, dimensions, similarity));
}

std::vector<near_duplicate> duplicates_of(std::span<const uint32_t> items, std::span<const uint32_t> leaders) {
  WEFT_ASSERT(leaders.size() == items.size());
  std::vector<near_duplicate> found;
  for (size_t i = 0; i < items.size(); ++i) {
    if (leaders[i] == kept_itself)
      continue;
    WEFT_ASSERT(leaders[i] < i);
    found.push_back({items[i], items[leaders[i]]});
  }
  return found;
}

} // namespace weft
