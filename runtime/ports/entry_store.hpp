#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// One result as the store and other nodes keep it. The store understands nothing of `kind` and `body`; whoever reads
/// compares them with the whole identity that was asked for.
struct stored_entry {
  cache_key key;
  std::string kind; ///< result_kind::bytes()
  std::string body; ///< text and value, packed (runtime/cache/entry_packer.hpp)
  uint64_t generation = 0;
  /// What is left of its life: durations, since clocks of nodes and of the next start differ. Empty: it never expires.
  std::optional<std::chrono::milliseconds> expires_in;
};

/// A key that is asked for often, and how often lately: what to fetch ahead after a restart.
struct hot_key {
  cache_key key;
  uint32_t uses = 0;

  bool operator==(const hot_key&) const = default;
};

/// A stretch of the entries in the order of their keys.
struct stored_page {
  std::vector<stored_entry> entries;
  std::optional<cache_key> next; ///< where to go on; empty: that was all
};

struct scan_limits {
  uint32_t entries_max = 256;
  uint64_t bytes_max = 1 << 20; ///< ends the page after the entry that reaches it
};

/// Counted since the start; bytes and accepts_writes are of now.
struct entry_store_counters {
  uint64_t reads = 0; ///< keys
  uint64_t found = 0;
  uint64_t writes = 0;          ///< entries written
  uint64_t expired = 0;         ///< found too old, or removed for it
  uint64_t evicted = 0;         ///< removed as the oldest, over the size limit
  uint64_t damaged_entries = 0; ///< failed a checksum: answered as absent
  uint64_t damaged_stores = 0;  ///< times that the whole store was moved aside and started empty
  uint64_t refused = 0;         ///< requests that found the queue full
  uint64_t write_failures = 0;  ///< entries that were not written: disk full or broken
  uint64_t read_failures = 0;   ///< keys that could not be looked up
  uint64_t bytes = 0;           ///< of the entries, at most: what the size limit is about
  uint64_t bytes_max = 0;
  uint64_t bytes_on_disk = 0; ///< of the files, with what waits to be compacted
  bool accepts_writes = true; ///< false while the disk is full or broken
};

/// Entries that survive a restart. Every call returns at once; `done` is called exactly once, on a thread of the store
/// or, when refused, before the call returns; it must only send a message. Thread-safe. Reads are done in the order
/// given, and so are writes; a read does not wait for the writes before it. Errors: errc::overloaded (the queue is
/// full), errc::storage_full, errc::storage_failed.
class entry_store {
public:
  using read_done = std::function<void(result<std::vector<std::optional<stored_entry>>>)>;
  using write_done = std::function<void(status)>;
  using scan_done = std::function<void(result<stored_page>)>;
  using hot_done = std::function<void(result<std::vector<hot_key>>)>;

  virtual ~entry_store() = default;

  /// One answer a key, in the same order; expired, damaged and cleared ones are absent.
  virtual void get(std::vector<cache_key> keys, read_done done) = 0;
  /// All or none. An entry takes the place of the one with the same key.
  virtual void put(std::vector<stored_entry> entries, write_done done) = 0;
  /// From now on entries below this generation are absent; removed in the background.
  virtual void clear(uint64_t generation, write_done done) = 0;
  /// Entries with keys from `from` on, ascending, for replication.
  virtual void scan(cache_key from, scan_limits limits, scan_done done) = 0;
  /// Keeps the list in place of the one before.
  virtual void keep_hot_keys(std::vector<hot_key> keys, write_done done) = 0;
  /// The list kept last, hottest first; empty when there is none.
  virtual void hot_keys(hot_done done) = 0;

  virtual entry_store_counters counters() const = 0;
};

} // namespace weft
