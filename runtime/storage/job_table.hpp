#pragma once

#include "runtime/ports/job_log.hpp"
#include "runtime/storage/job_database.hpp"
#include "runtime/storage/segment_sizes.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rocksdb {
class WriteBatch;
}

namespace weft {

/// What a job log's database holds, as operations that block: the work of the log's threads. One thread writes; any
/// number read meanwhile. Statuses are RocksDB's; is_damage() of one means that the files are.
class job_table {
public:
  /// limits.bytes_max: of segments, where texts count as what their results will take, so that these find room.
  struct limits {
    uint64_t bytes_max = 0;
    uint64_t result_bytes = 0; ///< of one item
  };
  /// REQUIRES: database.
  job_table(std::unique_ptr<job_database> database, limits given);

  /// Finds where an earlier process stopped, and reserves blocks of sequence numbers. Before anything else.
  /// wall_seconds: since 1970; sequences of a new log begin there, so that they do not go back where a disk was lost.
  rocksdb::Status start(uint64_t wall_seconds);

  /// Adds to, never resets.
  struct tally {
    uint64_t bytes_written = 0;
    uint64_t damaged = 0;
  };

  /// Writes the batches in their order as one, synced. outcomes: one a batch; errc::storage_full for those that would
  /// pass bytes_max: they are left out. When the status is not ok, nothing was written.
  rocksdb::Status write(std::span<const job_log_batch* const> batches, std::vector<status>& outcomes, tally& count);
  /// One answer an id; absent where it is not there or damaged.
  rocksdb::Status read(std::span<const segment_id> ids, std::vector<std::optional<segment_record>>& out, tally& count);
  /// Headers and metas; single damaged ones are left out. No body is touched. Counts bytes() anew, and takes the next
  /// reserved block of sequence numbers: who loads remembers none that it gave before. Of the writing thread.
  rocksdb::Status load(job_log_contents& out, tally& count);

  /// After mending: reads all bodies, and removes the metas of those that are missing or damaged, so that load() does
  /// not promise them. Counts each.
  rocksdb::Status keep_whole(tally& count);

  uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); } ///< of segments
  rocksdb::DB& db() { return database_->db(); }

private:
  void add(const job_log_batch& batch, rocksdb::WriteBatch& out) const;
  rocksdb::Status measure(const job_log_batch& batch, segment_sizes& sizes);
  rocksdb::Status measure_removed(job_id job, segment_sizes& sizes);
  uint64_t size_of(const segment_meta& meta) const;
  uint64_t stored_size(const segment_id& id);
  void free_files(job_id job);
  rocksdb::Status reserve_sequences();
  std::optional<uint64_t> number_note(const char* name);

  std::unique_ptr<job_database> database_;
  const limits limits_;
  std::atomic<uint64_t> bytes_{0};
  uint64_t sequence_block_ = 0;     ///< the next one
  uint64_t sequences_reserved_ = 0; ///< the last block that is noted, synced
};

} // namespace weft
