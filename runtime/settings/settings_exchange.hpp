#pragma once

#include "runtime/settings/settings_map.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// The whole map in 12 bytes: rides along with every push-pull. Equal ones need no exchange.
struct settings_summary {
  uint64_t hash = 0;
  uint32_t entries = 0; ///< tombstones too

  bool operator==(const settings_summary&) const = default;
};

/// Which version of a key somebody has.
struct settings_known {
  std::string key;
  settings_stamp stamp;
};

/// What somebody has in a range of keys: (after, the last of `known`], or to the end when `last`.
struct settings_digest {
  std::string after;
  std::vector<settings_known> known; ///< by key
  bool last = true;
};

/// The answer to a digest.
struct settings_delta {
  std::vector<settings_entry> entries; ///< newer here
  std::vector<std::string> wanted;     ///< newer there
  /// The digest's range was compared to here, or to its end when "": the budget ended.
  std::string stopped_after;
};

/// The way of an exchange between A and B, two round trips for small maps:
///   A → B  summary; the same: done
///   A → B  digest_of(a, after)      B → A  compare(b, digest)        A merges `entries`
///   A → B  entries_of(a, wanted)    B merges
/// and again from where it stopped, until a digest was the last and was compared to its end. Each message keeps within
/// `bytes_max`, except that it always carries at least one entry, so that every round gets on.
settings_summary summary_of(const settings_map& map) noexcept;
settings_digest digest_of(const settings_map& map, const std::string& after, size_t bytes_max);
settings_delta compare(const settings_map& map, const settings_digest& theirs, size_t bytes_max);
/// Keys that are not there are left out; so is what passes the budget: a later exchange brings it.
std::vector<settings_entry> entries_of(const settings_map& map, const std::vector<std::string>& wanted,
                                       size_t bytes_max);

/// The first key of the next digest of an exchange, or false when the exchange is at its end.
bool next_range(const settings_digest& sent, const settings_delta& answer, std::string& after);

} // namespace weft
