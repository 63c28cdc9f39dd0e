#pragma once

#include "actors/question_slip.hpp"
#include "runtime/ports/cache_lookup.hpp"
#include "runtime/ports/entry_link.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace weft {

/// The shard of a node that keeps a key. Tables inside the shard use the low half.
inline size_t shard_of(const cache_key& key, size_t shards) noexcept {
  return key.high % shards;
}

/// Entries of another node to be kept.
struct keep_entries {
  entry_parcel parcel;
  bool copy_on = false; ///< they need a second owner, too: the node that had them leaves
};
/// Answered when the store has them. Errors: errc::overloaded, storage_full, storage_failed (also: no store).
using keep_ask = question_slip<keep_entries, std::monostate>;

/// Keys to be looked for in memory and in the store, without a request's effects. Errors: those of the store.
using find_ask = question_slip<std::vector<cache_key>, found_entries>;

/// What memory found of them, on its way through the store for the rest.
struct store_find {
  std::shared_ptr<find_ask> asked;
  found_entries found;         ///< [keys]
  std::vector<size_t> missing; ///< indexes into the keys, of what the store was asked for
  std::optional<result<std::vector<std::optional<stored_entry>>>> stored; ///< [missing]
};

struct hot_limits {
  uint32_t keys_max = 0;
  uint64_t bytes_max = 0; ///< that they take in memory
};
/// What was asked for most lately, hottest first.
using hot_ask = question_slip<hot_limits, std::vector<hot_key>>;

/// Errors: as cache_lookup_door says.
using lookup_ask = question_slip<cache_question, cache_lookup>;

/// The node leaves: gives what is hot to the next owners. Answered when that is done, or took too long: the number of
/// entries that were taken there.
using hand_over_ask = question_slip<std::monostate, uint64_t>;

} // namespace weft
