#pragma once

#include "runtime/ports/entry_link.hpp"

#include <vector>

namespace weft {

/// A batch of hot keys that was fetched ahead, or is to be handed over, and what was found.
struct fetched_batch {
  std::vector<hot_key> keys;
  result<found_entries> found; ///< [keys]
};

} // namespace weft
