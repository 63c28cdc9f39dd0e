#pragma once

#include "runtime/corpus/gathered_rows.hpp"

#include <cstdint>
#include <vector>

namespace weft {

/// Cosines of near duplicates are given in ten-thousandths.
inline constexpr uint32_t similarity_one = 10'000;

struct near_duplicate {
  uint32_t item = 0;
  uint32_t kept = 0; ///< what it is a near duplicate of: a lower item, and none of them is a duplicate itself

  auto operator<=>(const near_duplicate&) const = default;
};

/// Looks at the items in their order: one whose cosine to an item that was kept is `similarity` or more is its
/// duplicate (of several the lowest's), any other is kept. So each duplicate has a kept item within the threshold; a
/// chain of small steps never drops what no kept item is near to. In integers: with L = floor(256 · √(sum of squares)),
/// a · b · 65 536 · 10 000 >= similarity · L(a) · L(b). Points of zeros are duplicates of each other only. Returns
/// duplicates in the order of the items. Time: items × kept. REQUIRES: dimensions up to 4 096, similarity from 1 to
/// similarity_one.
std::vector<near_duplicate> find_duplicates(const item_rows& rows, uint32_t dimensions, uint32_t similarity);

} // namespace weft
