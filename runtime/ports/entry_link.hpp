#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/ports/entry_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace weft {

/// Entries that one node gives to another.
struct entry_parcel {
  std::vector<stored_entry> entries;
  /// [entries]: how often each was asked for lately; they enter memory. Empty: second copies, for the store alone.
  std::vector<uint32_t> uses;
};

/// Where an entry was found.
enum class entry_place : uint8_t { memory, packed, store };

/// An entry as a look without a request finds it: nothing is counted, moved or computed.
struct found_entry {
  stored_entry entry;
  entry_place place = entry_place::memory;
  /// Since it was computed, where its operation has a lifetime; else since it came into memory; empty: not known.
  std::optional<std::chrono::milliseconds> age;
};
/// One answer a key, in the order of the keys.
using found_entries = std::vector<std::optional<found_entry>>;

/// The way to the caches of other nodes: what has been computed already, never a computation. Thread-safe, never
/// blocks. `done` is called exactly once, on any thread or before the call returns, and must only send a message.
/// Errors: errc::unavailable (gone, unreachable, keeps no cache), overloaded, deadline_exceeded, invalid_argument.
class entry_link {
public:
  virtual ~entry_link() = default;
  /// Done when the other node has taken all of them; what it does not want (too old) it leaves out silently.
  virtual void give(const cluster_member& to, entry_parcel parcel, std::function<void(status)> done) = 0;
  virtual void find(const cluster_member& at, std::vector<cache_key> keys, std::chrono::milliseconds within,
                    std::function<void(result<found_entries>)> done) = 0;
  /// What the other node was asked for most, hottest first.
  virtual void hottest(const cluster_member& at, uint32_t keys_max,
                       std::function<void(result<std::vector<hot_key>>)> done) = 0;
};

} // namespace weft
