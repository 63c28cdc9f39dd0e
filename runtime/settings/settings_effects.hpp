#pragma once

#include "runtime/compress/policy.hpp"
#include "runtime/settings/settings_api_key.hpp"
#include "runtime/settings/settings_map.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// What the settings mean for a node at work. Immutable once made; compared to see whether anything has changed.
struct settings_effects {
  uint64_t cache_generation = 0;
  std::optional<bool> embed_shared;           ///< the scope of cached results; unset: as the configuration says
  std::optional<bool> compress_shared;        ///< the same of compress
  std::string compress_policy;                ///< the table of `auto`; "": the release's own
  std::vector<std::string> tenants_suspended; ///< sorted
  std::vector<setting_api_key> api_keys;      ///< by name

  bool suspended(std::string_view tenant) const;
  bool operator==(const settings_effects&) const = default;
};

settings_effects effects_of(const settings_map& map);

/// The table by which `compress` with strategy auto chooses; null: nothing is set.
compress_policy policy_of(const settings_effects* effects);

} // namespace weft
