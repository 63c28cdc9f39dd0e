#pragma once

#include "runtime/cache/single_flight_core.hpp"
#include "runtime/ports/entry_store.hpp"

#include <optional>
#include <vector>

namespace weft {

/// What a shard asks its store or a key's other owner for, on behalf of whom, and what that says.
struct store_lookup {
  bool at_peer = false; ///< the other owner
  std::vector<waiter_id> leaders;
  std::vector<cache_key> keys; ///< [leaders]
  std::optional<result<std::vector<std::optional<stored_entry>>>> answer;
};

} // namespace weft
