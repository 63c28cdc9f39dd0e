#pragma once

#include "runtime/storage/disk_room.hpp"
#include "runtime/storage/job_table.hpp"
#include "runtime/storage/rocks_job_log.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// A job_table that goes on when its disk does not (rocks_job_log says how). read(), back_up() and counters() may come
/// from any thread; the others from one.
class resilient_job_table {
public:
  /// REQUIRES: options.wall_clock.
  explicit resilient_job_table(const rocks_job_log_options& options);

  /// One outcome a batch.
  std::vector<status> write(std::span<const job_log_batch* const> batches);
  result<std::vector<std::optional<segment_record>>> read(std::span<const segment_id> ids);
  result<job_log_contents> load();
  result<backup_info> back_up(const backup_request& request);
  /// A backup under way ends soon; no other begins.
  void stop_backups() { closing_ = stop_backup_ = true; }

  /// Writing comes back when the disk does, though nobody writes meanwhile.
  void try_again();

  /// Waits for nothing: neither for the disk nor for a table that is being closed.
  job_log_counters counters() const;

private:
  void open();
  void damaged(const rocksdb::Status& what);
  void mend(const std::string& why);
  void start_empty(const std::string& why);
  void close();
  status reopen();
  std::optional<failure> unwritable(const job_log_batch& batch) const;
  failure stop(failure why, bool broken);
  void recovered();
  void report(const std::string& what) const;
  void add(const job_table::tally& count);
  void count_bytes();

  const rocks_job_log_options options_;
  const disk_room room_;
  std::shared_mutex exchange_;       ///< exclusive: the table is being exchanged
  std::unique_ptr<job_table> table_; ///< null: it could not be opened
  std::atomic<bool> stop_backup_{false};
  std::atomic<bool> closing_{false};

  // Of the writing thread.
  std::optional<failure> refused_; ///< the format of another release: for good
  std::optional<failure> stopped_; ///< why texts are not written, or nothing
  bool broken_ = false;            ///< while stopped: the database has to be opened again; else the disk is low only
  bool lost_ = false;              ///< it was mended or moved aside since the last load()
  enum class care : uint8_t { none, mended, started_empty };
  care care_ = care::none; ///< what was tried against damage since the last load() that succeeded
  std::chrono::steady_clock::time_point retry_at_{};

  mutable std::mutex counting_;
  job_log_counters counters_;
};

} // namespace weft
