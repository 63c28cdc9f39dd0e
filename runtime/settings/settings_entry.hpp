#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace weft {

/// One setting of the cluster: the last that somebody wrote under a key. A plain value that travels and is stored.
struct settings_entry {
  std::string key;
  std::string value;    ///< "" when removed
  uint64_t number = 0;  ///< of the version; each change of a key takes a higher one. 1 to settings_number_max
  node_id writer{};     ///< the node that the change was made on
  bool removed = false; ///< a tombstone: the key was removed, and older values must not come back
  wall_time changed{};  ///< by the writer's clock: for people, and for the age of tombstones

  bool operator==(const settings_entry&) const = default;
};

/// Room above, so that the next version always exists.
inline constexpr uint64_t settings_number_max = uint64_t{1} << 62;

/// How far a version that comes from elsewhere may be above the one that is known here (0 where there is none). A
/// change raises it by one: a cluster that makes 100 changes of a key each second takes more than a year to come so
/// far. What is further up was no change, and would leave no room for those to come.
inline constexpr uint64_t settings_jump_max = uint64_t{1} << 32;

/// What decides which of two entries of a key stays: the higher number, then the higher writer. `content` (a hash of
/// all the rest) decides between two entries that a node made under one number because it had lost its memory: any
/// rule will do there, as long as it is the same everywhere.
struct settings_stamp {
  uint64_t number = 0;
  node_id writer{};
  uint64_t content = 0;

  auto operator<=>(const settings_stamp&) const = default;
};

settings_stamp stamp_of(const settings_entry& entry);

/// What an entry counts as, in memory, in a file and on the way.
inline size_t settings_bytes(const settings_entry& entry) noexcept {
  return entry.key.size() + entry.value.size() + 48;
}

} // namespace weft
