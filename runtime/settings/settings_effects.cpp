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
                       .tenants_suspended = {},
                       .api_keys = api_keys(map)};
  if (map.find("cache.scope.embed") != nullptr)
    out.embed_shared = cache_shared(map, "embed");
  for (const auto& entry : map.list(tenant_prefix)) // sorted by key, so by tenant
    if (auto tenant = entry.key.substr(tenant_prefix.size()); !tenant_active(map, tenant))
      out.tenants_suspended.push_back(std::move(tenant));
  return out;
}

} // namespace weft
