#pragma once

#include "runtime/corpus/gathered_rows.hpp"
#include "runtime/points/leaders.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

struct near_duplicate {
  uint32_t item = 0;
  uint32_t kept = 0; ///< what it is a near duplicate of: a lower item, and none of them is a duplicate itself

  auto operator<=>(const near_duplicate&) const = default;
};

/// find_leaders() of runtime/points in the words of a corpus: items in their order, of several kept ones the lowest.
/// Returns duplicates in the order of the items. REQUIRES: as find_leaders().
std::vector<near_duplicate> find_duplicates(const item_rows& rows, uint32_t dimensions, uint32_t similarity);

/// The same by leaders that an engine found. REQUIRES: [items], each kept_itself or of a row before.
std::vector<near_duplicate> duplicates_of(std::span<const uint32_t> items, std::span<const uint32_t> leaders);

} // namespace weft
