#pragma once

#include "runtime/cache/cache_shard_core.hpp"
#include "runtime/cache/near_cache.hpp"
#include "runtime/cache/preload_plan.hpp"
#include "runtime/cache/repair_rule.hpp"
#include "runtime/cache/replica_queue.hpp"
#include "runtime/cache/single_flight_core.hpp"
#include "runtime/ports/entry_link.hpp"
#include "runtime/ports/entry_store.hpp"

#include <chrono>
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

  std::shared_ptr<entry_link> link; ///< the way to other nodes' caches; null: none
  bool replicas = true;             ///< what the store is given, the key's second owner gets, too
  replica_limits replica;
  repair_options repair;
  preload_options preload;
  std::chrono::seconds hot_keys_every{30};        ///< how often the list of hot keys is kept for the next start
  std::chrono::milliseconds hand_over_max{5'000}; ///< that a draining node spends on giving what is hot to others
};

} // namespace weft
