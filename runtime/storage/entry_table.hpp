#pragma once

#include "runtime/ports/entry_store.hpp"
#include "runtime/storage/entry_record.hpp"
#include "runtime/storage/rocks_database.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace weft {

/// What the database holds, as operations that block: the work of the store's threads. One thread writes; any number
/// read meanwhile. The size limit is kept with every write: it removes the oldest batches first, in the same atomic
/// step. Statuses are RocksDB's; is_damage() of one means that the files are.
class entry_table {
public:
  /// REQUIRES: database, limits.
  entry_table(std::unique_ptr<rocks_database> database, std::shared_ptr<entry_limits> limits, uint64_t bytes_max);

  /// Finds where an earlier process stopped. Before anything else.
  rocksdb::Status load();

  /// Adds to, never resets.
  struct tally {
    uint64_t found = 0;
    uint64_t expired = 0;
    uint64_t damaged = 0; ///< entries, by their own checksum or by RocksDB's
    uint64_t written = 0;
    uint64_t evicted = 0;
  };

  /// One answer a key. A damaged block makes its keys absent and the status says so.
  rocksdb::Status read(std::span<const cache_key> keys, std::vector<std::optional<stored_entry>>& out, tally& count);
  rocksdb::Status write(const std::vector<stored_entry>& entries, tally& count);
  rocksdb::Status scan(const cache_key& from, const scan_limits& limits, stored_page& out);

  /// Removes batches all of whose entries have expired or were cleared, looking at up to `batches_max` of them.
  rocksdb::Status remove_outdated(size_t batches_max, tally& count);
  /// Raises the generation below which entries are absent, now and after a restart.
  rocksdb::Status set_generation(uint64_t generation);

  rocksdb::Status keep_hot_keys(const std::vector<hot_key>& keys);
  rocksdb::Status hot_keys(std::vector<hot_key>& out);

  /// What is in memory goes to files.
  rocksdb::Status flush();

  uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  uint64_t bytes_on_disk() const;

private:
  std::optional<stored_entry> to_stored(const cache_key& key, std::string_view bytes, uint64_t now, tally& count) const;
  rocksdb::Status make_room(uint64_t bytes, rocksdb::WriteBatch& out, uint64_t& freed, uint64_t& oldest,
                            uint64_t& evicted);
  rocksdb::Status remove_batch(uint64_t number, const batch_record& batch, rocksdb::WriteBatch& out, uint64_t& removed);
  std::optional<uint64_t> number_note(const char* name);

  std::unique_ptr<rocks_database> database_;
  std::shared_ptr<entry_limits> limits_;
  const uint64_t bytes_max_;
  std::atomic<uint64_t> bytes_{0}; ///< of all batches: at least that of the live entries
  uint64_t newest_ = 0;            ///< batch
  uint64_t oldest_ = 0;            ///< none is older; keeps iterators off what was removed before
  uint64_t cursor_ = 0;            ///< of remove_outdated
};

} // namespace weft
