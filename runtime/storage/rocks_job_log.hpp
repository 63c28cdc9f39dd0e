#pragma once

#include "runtime/ports/job_log.hpp"
#include "runtime/storage/job_backup.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace weft {

struct rocks_job_log_options {
  std::filesystem::path path;       ///< a folder of its own
  uint64_t bytes_max = 16ULL << 30; ///< of segments; files take up to about a quarter more while they are compacted
  /// What texts reserve for the result of one item, so that a log full of texts can still take their results: 4 bytes
  /// a dimension and 16 more.
  uint64_t result_bytes = 384 * 4 + 16;
  uint64_t free_bytes_min = 512ULL << 20;       ///< of the disk: below, no texts are taken; results and removals are
  uint32_t reads_max = 4'096;                   ///< requests that wait; more are refused (errc::overloaded)
  uint32_t writes_max = 16'384;                 ///< the same for batches
  uint64_t write_bytes_max = 64ULL << 20;       ///< bodies that wait to be written
  uint64_t group_bytes_max = 8ULL << 20;        ///< bodies that share a sync, at most; one batch may pass it
  std::chrono::milliseconds retry_after{5'000}; ///< after the disk was full or broken; also by itself
  /// What an operator should know: a damaged log moved aside, a full disk. Called on the log's threads.
  std::function<void(const std::string&)> report;
  std::function<uint64_t()> wall_clock; ///< milliseconds since 1970; empty: the system's
  rocksdb::Env* env = nullptr;          ///< for tests that make disks fail; null: the real one
};

/// job_log on RocksDB. One thread writes, one reads. What waits when the writing thread is free is written together
/// and shares a sync, so that many writers cost the disk as little as one.
///
/// Damage: a log that cannot be opened is mended, which reads all of it and keeps the tables that are whole; what
/// cannot be mended is moved to PATH.damaged and an empty log takes its place (was_damaged in the next load()). Found
/// while it runs, the same happens, and every write fails with errc::state_damaged until load() is called again:
/// whoever remembers what the log had must hear that it is gone. A single damaged body that is read is absent.
///
/// A full disk: writes fail with errc::storage_full, reads go on, and writing comes back by itself. A log that another
/// release wrote in a newer format is left alone: everything fails with errc::state_damaged and says so.
class rocks_job_log final : public job_log {
public:
  /// REQUIRES: a path; bytes_max > 0. Opening happens before it returns.
  explicit rocks_job_log(rocks_job_log_options options);
  /// Writes what waits. A backup under way is given up.
  ~rocks_job_log() override;

  void write(job_log_batch batch, write_done done) override;
  void read(std::vector<segment_id> ids, read_done done) override;
  void load(load_done done) override;
  job_log_counters counters() const override;

  /// Copies the log as it is now into a folder of backups, while it goes on. One at a time: errc::overloaded. Other
  /// errors: as create_backup().
  using backup_done = std::function<void(result<backup_info>)>;
  void back_up(backup_request request, backup_done done);
  /// Whoever waits for a backup hears soon that it was given up; no other begins. Thread-safe.
  void stop_backups();

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace weft
