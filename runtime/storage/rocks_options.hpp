#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <rocksdb/options.h>

namespace weft {

/// What decides whether a compaction may drop an entry; shared with the filter, which runs on RocksDB's threads.
struct entry_limits {
  std::atomic<uint64_t> generation{0};  ///< entries below are gone
  std::function<uint64_t()> wall_clock; ///< milliseconds since 1970
  std::atomic<uint64_t> dropped{0};     ///< by compactions
};

/// The database's options: entries of one or two kilobytes, read at random by whole keys, mostly incompressible, not
/// precious. `limits` outlives the database.
rocksdb::Options database_options(uint64_t bytes_max, rocksdb::Env* env);
/// Of the column family with the entries.
rocksdb::ColumnFamilyOptions entry_options(const rocksdb::Options& base, std::shared_ptr<entry_limits> limits);

} // namespace weft
