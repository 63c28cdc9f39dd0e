#pragma once

#include "runtime/cache/cache_counters.hpp"
#include "runtime/cache/cache_space.hpp"
#include "runtime/cache/write_queue.hpp"
#include "runtime/ports/entry_store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

struct cache_shard_options {
  /// By operation ("embed"). Results of others are not cached.
  std::vector<std::pair<std::string, cache_space_options>> spaces;
  /// Entries that wait for the store; what finds no room is written when it leaves memory, if then there is room.
  uint64_t writes_bytes_max = 16ULL << 20;
  /// Entries a level that one tick looks at: bounds its time to well below a millisecond.
  uint32_t sweep_entries = 2'048;
  /// Preloading stops when L1 is so full: present requests need room too.
  double preload_share_max = 0.75;
};

struct cache_miss {};
/// Memory does not know; ask the store for the key, then call resume() with its answer.
struct look_in_store {};
using cache_answer = std::variant<cache_hit, cache_miss, look_in_store>;

/// What a cache shard decides: where an entry is found, and who moves between L1, L2 and the store (L3). It never
/// waits: a lookup that only the store can answer says so, and is resumed with the store's answer.
///
///   get ──▶ cache_hit │ cache_miss │ look_in_store ──(entry_store::get)──▶ resume ──▶ cache_hit │ cache_miss
///   put, then take_writes ──(entry_store::put)       tick now and then
///
/// Whoever calls sees to it that one key is looked up once (single_flight_core). Entries of a generation below the
/// current one are never served. Owned by CACHE_SHARD; not thread-safe; `now` never goes back.
class cache_shard_core {
public:
  explicit cache_shard_core(cache_shard_options options);

  /// REQUIRES: key == key_of(what), unless a test forces a collision.
  cache_answer get(const identity& what, const cache_key& key, time_point now);
  /// Ends a lookup that said look_in_store; `found`: the store's answer, empty if it has none. Never look_in_store.
  cache_answer resume(const identity& what, const cache_key& key, const std::optional<stored_entry>& found,
                      time_point now);
  /// Ends it when the store gave no answer (overloaded, failed): a miss.
  void store_failed() { ++counters_.store_failures; }

  /// Another node had it: it enters memory, and is to be put into the store by the caller. Empty: it is not what was
  /// asked for, or too old.
  std::optional<cached_value> repair(const identity& what, const cache_key& key, const stored_entry& found,
                                     time_point now);

  /// What memory has of a key, without a request's effects.
  std::optional<found_entry> peek(const cache_key& key, time_point now);
  /// The same of an entry that the store gave. Empty: it may not be served.
  std::optional<found_entry> describe(stored_entry stored, time_point now);
  /// Whether another node's entry is worth keeping: neither expired nor cleared.
  bool accepts(const stored_entry& entry) const {
    return entry.generation >= generation_ && !(entry.expires_in && entry.expires_in->count() <= 0);
  }

  /// A result was computed, or came from another owner.
  void put(const identity& what, const cache_key& key, cached_value value, time_point now);

  /// Fetched ahead from the store or a peer: enters L1 if it is readable, current, not there and there is room (or
  /// nobody could compute it again).
  /// `uses`: of its hot_key. from_store: the store of this node has it.
  bool preload(const stored_entry& entry, uint32_t uses, bool from_store, time_point now);
  /// The keys asked for most lately, hottest first, whose entries take bytes_max in L1 together.
  std::vector<hot_key> hottest(size_t keys_max, uint64_t bytes_max) const;

  /// Entries to be written to the store, about `bytes` of them; empty when nothing waits.
  std::vector<stored_entry> take_writes(uint64_t bytes, time_point now);
  bool has_writes() const noexcept { return !writes_.empty(); }

  /// Raises the generation and forgets all that is in memory. The caller tells the store. A lower one changes nothing.
  void clear(uint64_t generation);
  uint64_t generation() const noexcept { return generation_; }

  /// Removes some of what has expired.
  void tick(time_point now);

  cache_counters counters() const;

private:
  cache_space* space_of(const std::string& operation);
  /// The value of an entry that came from elsewhere, when it is what was asked for and may be served.
  std::optional<cached_value> read(const identity& what, const stored_entry& found);
  bool is_outdated(const identity& what) const { return what.kind->parts().generation < generation_; }
  void enter(cache_space& space, const cache_key& key, space_entry entry, time_point now);

  cache_shard_options options_;
  /// Few operations: a search from the front beats a map. Their addresses are kept by the queue.
  std::vector<std::pair<std::string, std::unique_ptr<cache_space>>> spaces_;
  write_queue writes_;
  entry_packer packer_; ///< for what comes from the store
  uint64_t generation_ = 0;
  cache_counters counters_; ///< what the spaces do not count
};

} // namespace weft
