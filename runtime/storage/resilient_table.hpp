#pragma once

#include "runtime/storage/disk_room.hpp"
#include "runtime/storage/entry_table.hpp"
#include "runtime/storage/rocks_entry_store.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// An entry_table that goes on when its disk does not. Damage: the database is moved aside and an empty one opened.
/// Disk full or broken: writes are refused with the reason, reads go on, and after retry_after the next write tries
/// again. Reads may come from any thread; the others from one.
/// Errors: errc::storage_full, errc::storage_failed.
class resilient_table {
public:
  /// REQUIRES: options.wall_clock.
  explicit resilient_table(const rocks_entry_store_options& options);

  result<std::vector<std::optional<stored_entry>>> read(std::span<const cache_key> keys);
  result<stored_page> scan(const cache_key& from, const scan_limits& limits);
  result<std::vector<hot_key>> hot_keys();

  status write(const std::vector<stored_entry>& entries);
  status set_generation(uint64_t generation);
  status keep_hot_keys(const std::vector<hot_key>& keys);
  status remove_outdated(size_t batches_max);
  status flush();

  /// A read found damage: the writing thread should call mend(). Other writes do so first, too.
  bool needs_mending() const noexcept { return damaged_; }
  void mend();

  entry_store_counters counters() const;

private:
  using work = std::function<rocksdb::Status(entry_table&, entry_table::tally&)>;

  status change(const work& does);
  rocksdb::Status look(const work& does);
  void open();
  status reopen();
  void start_empty(const std::string& why);
  bool has_table() const;
  status stop(failure why);
  void report(const std::string& what) const;
  void add(const entry_table::tally& count);

  const rocks_entry_store_options options_;
  const disk_room room_;
  std::shared_ptr<entry_limits> limits_ = std::make_shared<entry_limits>();
  mutable std::shared_mutex exchange_; ///< exclusive: the table is being exchanged
  std::unique_ptr<entry_table> table_; ///< null: the disk does not let us open it
  std::atomic<bool> damaged_{false};
  bool starts_empty_ = false;      ///< while start_empty() opens; of the writing thread
  std::optional<failure> stopped_; ///< why nothing is written; of the writing thread
  std::chrono::steady_clock::time_point retry_at_{};
  mutable std::mutex counting_;
  entry_store_counters counters_;
};

} // namespace weft
