#pragma once

#include "runtime/ports/entry_store.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace weft {

struct rocks_entry_store_options {
  std::filesystem::path path;      ///< a folder of its own
  uint64_t bytes_max = 4ULL << 30; ///< of entries; files take up to about a quarter more while they are compacted
  uint64_t free_bytes_min = 256ULL << 20;           ///< of the disk, which others need too: below, nothing is written
  uint32_t reads_max = 4'096;                       ///< requests that wait; more are refused (errc::overloaded)
  uint32_t writes_max = 1'024;                      ///< the same for writes
  uint64_t write_bytes_max = 64ULL << 20;           ///< entries that wait to be written
  std::chrono::milliseconds retry_after{5'000};     ///< after the disk was full or broken
  std::chrono::milliseconds maintain_every{10'000}; ///< what has expired is removed; zero: only by maintain()
  uint32_t maintain_batches = 256;                  ///< looked at each time
  /// What an operator should know: a damaged store moved aside, a full disk. Called on the store's threads.
  std::function<void(const std::string&)> report;
  std::function<uint64_t()> wall_clock; ///< milliseconds since 1970; empty: the system's
  rocksdb::Env* env = nullptr;          ///< for tests that make disks fail; null: the real one
};

/// entry_store on RocksDB. One thread reads, one writes; neither waits for the other. It is always there: a damaged
/// database is moved aside (PATH.damaged) and an empty one started, so that replicas fill it again; with a full or
/// broken disk writes are refused and reads go on, and it tries again after retry_after. Its destructor writes what
/// waits. Entries are not synced one by one: kill -9 loses nothing, a power failure the last moments.
class rocks_entry_store final : public entry_store {
public:
  /// REQUIRES: a path; bytes_max > 0. Opening happens before it returns, so that reads find what there is.
  explicit rocks_entry_store(rocks_entry_store_options options);
  ~rocks_entry_store() override;

  void get(std::vector<cache_key> keys, read_done done) override;
  void put(std::vector<stored_entry> entries, write_done done) override;
  void clear(uint64_t generation, write_done done) override;
  void scan(cache_key from, scan_limits limits, scan_done done) override;
  void keep_hot_keys(std::vector<hot_key> keys, write_done done) override;
  void hot_keys(hot_done done) override;
  entry_store_counters counters() const override;

  /// Removes what has expired or was cleared, now, in its turn among the writes.
  void maintain(write_done done);
  /// Writes what is in memory to files, in its turn among the writes.
  void flush(write_done done);

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace weft
