#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"

#include <string>
#include <string_view>

namespace weft {

/// One line of auth.api_keys: NAME:ROLE:SHA256, or NAME:ROLE:SHA256:TENANT where several keys share a tenant.
struct api_key_entry {
  std::string name;
  weft::role role = weft::role::client;
  std::string hash;   ///< SHA-256 of the key, 64 lower-case hex digits
  std::string tenant; ///< the name, unless given
};

/// Fails with errc::invalid_argument; the message never shows the hash.
result<api_key_entry> parse_api_key_entry(std::string_view line);

/// The line that parse_api_key_entry() reads back.
std::string to_line(const api_key_entry& entry);

} // namespace weft
