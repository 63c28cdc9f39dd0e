#include "runtime/settings/settings_effects.hpp"

#include "runtime/settings/settings_values.hpp"

#include <algorithm>

namespace weft {

bool settings_effects::suspended(std::string_view tenant) const {
  return std::binary_search(tenants_suspended.begin(), tenants_suspended.end(), tenant);
}

settings_effects effects_of(const settings_map& map) {
  constexpr std::string_view tenant_prefix = "tenant.";
  settings_effects out{.cache_generation = cache_generation(map),
                       .embed_shared = {},
                       .compress_shared = {},
                       .compress_policy = {},
                       .tenants_suspended = {},
                       .api_keys = api_keys(map)};
  if (map.find("cache.scope.embed") != nullptr)
    out.embed_shared = cache_shared(map, "embed");
  if (map.find("cache.scope.compress") != nullptr)
    out.compress_shared = cache_shared(map, "compress");
  // What another release wrote may be no table for this one: then its own holds.
  if (const auto* table = map.find("compress.policy"); table && parse_policy(table->value))
    out.compress_policy = table->value;
  for (const auto& entry : map.list(tenant_prefix)) // sorted by key, so by tenant
    if (auto tenant = entry.key.substr(tenant_prefix.size()); !tenant_active(map, tenant))
      out.tenants_suspended.push_back(std::move(tenant));
  return out;
}

compress_policy policy_of(const settings_effects* effects) {
  auto set = parse_policy(effects ? std::string_view{effects->compress_policy} : std::string_view{});
  return set ? *set : default_policy();
}

} // namespace weft
