#pragma once

#include "runtime/cache/cache_shard_core.hpp"
#include "runtime/cache/near_cache.hpp"
#include "runtime/cache/single_flight_core.hpp"
#include "runtime/ports/entry_store.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace weft {

/// The caches of a node, and who shares what is in them.
struct cache_options {
  bool enabled = true; ///< off: every text is computed where it arrives
  /// One store each; keys are spread over them. A shard is one actor: more than one helps where many cores answer hits.
  uint32_t shards = 1;
  cache_shard_options shard; ///< budgets of one shard
  single_flight_limits flights;
  near_cache::options near;
  bool shared_by_tenants = false; ///< else to one tenant alone; the setting cache.scope.embed overrides it
  std::vector<std::shared_ptr<entry_store>> stores; ///< by shard; none: memory only
};

} // namespace weft
