#pragma once

#include "runtime/base/result.hpp"
#include "runtime/settings/settings_entry.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct settings_limits {
  uint32_t entries_max = 4'096;  ///< live ones and tombstones
  uint64_t bytes_max = 4u << 20; ///< sum of settings_bytes()
  uint32_t key_bytes_max = 128;
  uint32_t value_bytes_max = 16'384;
  /// How long a removed key is remembered. A node that was away for longer may bring the key back: see
  /// settings_file::saved.
  std::chrono::hours tombstone_age{7 * 24};
};

/// What came in by a merge.
struct settings_merge {
  std::vector<std::string> changed; ///< keys whose entry was replaced
  uint32_t refused = 0;             ///< entries that pass a limit, or whose version cannot be
  std::string problem;              ///< of the first refused one, else ""
};

/// A number for the state that a watcher has seen, of this map only.
enum class settings_revision : uint64_t {};

/// Keys that have changed after a revision; tombstones are changes too.
struct settings_changes {
  std::vector<std::string> keys;
  settings_revision now{};
};

/// The settings of the whole cluster as this node knows them. Nodes that have exchanged all their entries have the
/// same map, whatever the order: of two entries of a key the one with the greater stamp stays (last writer wins), so
/// merge() is idempotent, commutative and associative.
/// It knows no key: what is valid is in settings_keys.hpp. Not thread-safe.
class settings_map {
public:
  explicit settings_map(settings_limits limits = {}) : limits_(limits) {}

  const settings_limits& limits() const noexcept { return limits_; }

  /// Writes a value under the next number, which is at least `number_min`. The same value once more changes nothing.
  /// Fails with errc::invalid_argument (key or value too long or empty key) or errc::settings_full.
  result<settings_entry> set(std::string_view key, std::string_view value, node_id writer, wall_time now,
                             uint64_t number_min = 0);
  /// Leaves a tombstone. Fails with errc::invalid_argument when there is no such setting.
  result<settings_entry> remove(std::string_view key, node_id writer, wall_time now);

  /// Takes in what another node or the file has. Never fails as a whole; refuses versions that no changes can have
  /// brought about (settings_jump_max). Twice the room of set(): what two halves of a
  /// cluster wrote, each within its limits, must not be lost when they meet.
  settings_merge merge(const std::vector<settings_entry>& entries);

  /// Forgets tombstones that are too old; the number of them. Call it before each exchange: who sends what others have
  /// forgotten brings it back to them.
  size_t forget_expired(wall_time now);

  /// The live value; null when the key is not set or removed.
  const settings_entry* find(std::string_view key) const;
  /// All live entries, by key.
  std::vector<settings_entry> list(std::string_view prefix = {}) const;

  settings_changes changes_since(settings_revision revision) const;
  settings_revision revision() const noexcept { return settings_revision{revision_}; }

  /// Everything, tombstones too, by key.
  struct slot {
    settings_entry entry;
    settings_stamp stamp;
    uint64_t revision = 0;
  };
  const std::map<std::string, slot, std::less<>>& slots() const noexcept { return slots_; }

  /// A hash of all stamps that does not depend on their order: two maps with the same hash are the same.
  uint64_t hash() const noexcept { return hash_; }
  uint64_t bytes() const noexcept { return bytes_; }

private:
  status check(std::string_view key, std::string_view value, uint32_t room) const;
  void store(settings_entry entry);
  void forget(std::map<std::string, slot, std::less<>>::iterator at);

  settings_limits limits_;
  std::map<std::string, slot, std::less<>> slots_;
  uint64_t revision_ = 0;
  uint64_t hash_ = 0;
  uint64_t bytes_ = 0;
};

} // namespace weft
