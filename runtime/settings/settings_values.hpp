#pragma once

#include "runtime/settings/settings_api_key.hpp"
#include "runtime/settings/settings_map.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// What `weft settings set` does: checks against settings_keys.hpp, then writes.
/// Fails with errc::invalid_argument (unknown key, wrong value, a counter, which nobody sets) or errc::settings_full.
result<settings_entry> change_setting(settings_map& map, std::string_view key, std::string_view value, node_id writer,
                                      wall_time now);

/// What `weft settings remove` does. Fails as settings_map::remove(), and for counters.
result<settings_entry> remove_setting(settings_map& map, std::string_view key, node_id writer, wall_time now);

/// The cache's generation: 0 until somebody clears the cache.
uint64_t cache_generation(const settings_map& map);

/// One more: every result that is cached anywhere in the cluster is out of reach once the nodes have heard of it. Two
/// nodes that are cut off from each other may raise it to the same number; each has then cleared what it could see.
result<uint64_t> raise_cache_generation(settings_map& map, node_id writer, wall_time now);

/// All API keys, by name. Entries that this release cannot read are left out: such a key opens nothing.
std::vector<setting_api_key> api_keys(const settings_map& map);

/// Whether a tenant's calls are let in.
bool tenant_active(const settings_map& map, std::string_view tenant);

/// Whether an operation's cached results are shared between tenants.
bool cache_shared(const settings_map& map, std::string_view operation);

} // namespace weft
