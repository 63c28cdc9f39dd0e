#pragma once

#include "runtime/batching/batch.hpp"

#include <cstdint>
#include <vector>

namespace weft {

/// An item is given up when this many batches with it have failed; in the last of them it was alone.
inline constexpr uint8_t item_tries_max = 3;

/// What to compute again after a batch failed. After the first failure groups of about √n items, after the second
/// every item alone: one poison item in n costs √n + √n small batches, fails alone at its third try, and takes no
/// other item with it.
struct retry_plan {
  std::vector<batch> groups;
  std::vector<batch_item> lost; ///< out of tries
};
retry_plan plan_retry(std::vector<batch_item> failed);

} // namespace weft
