#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"

#include <string>
#include <string_view>

namespace weft {

/// An API key of the whole cluster, as the setting "api_key.NAME" holds it: "ROLE:SHA256" or "ROLE:SHA256:TENANT", the
/// form of auth.api_keys in the configuration without its name.
struct setting_api_key {
  std::string name;
  role caller = role::client; ///< client or operator_
  std::string hash;           ///< SHA-256 of the key, 64 hex digits in lower case
  std::string tenant;         ///< the name where none is given

  bool operator==(const setting_api_key&) const = default;
};

/// Fails with errc::invalid_argument: another role, a hash that is not 64 hex digits, or a tenant
/// that is no valid_name().
result<setting_api_key> parse_setting_api_key(std::string_view name, std::string_view value);

} // namespace weft
