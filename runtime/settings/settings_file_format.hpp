#pragma once

#include "runtime/base/result.hpp"
#include "runtime/settings/settings_map.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// The settings as a file keeps them.
struct stored_settings {
  /// When the file was written. A node that was away for longer than settings_limits::tombstone_age should take the
  /// others' settings instead of merging these: what was removed meanwhile would come back.
  wall_time saved{};
  std::vector<settings_entry> entries; ///< by key
};

/// The bytes of a settings file: "WEFTSETS", the format's version (4 bytes), when (8), count (4), entries by key, and
/// the XXH3 64-bit hash of all that. Numbers are little-endian, strings have their length (4) before them. The same map
/// gives the same bytes on every machine.
std::string encode_settings(const settings_map& map, wall_time saved);

/// `name` is the file's, for the message. Fails with errc::state_damaged: a wrong checksum, a file that ends early or
/// goes on, a format that this release does not know. Never returns a part of a file.
result<stored_settings> decode_settings(std::string_view bytes, std::string_view name);

} // namespace weft
