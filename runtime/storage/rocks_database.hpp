#pragma once

#include "runtime/storage/damage.hpp"
#include "runtime/storage/rocks_options.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <rocksdb/db.h>
#include <string_view>

namespace weft {

/// An open RocksDB with its column families. Closed by its destructor.
class rocks_database {
public:
  ~rocks_database();
  rocks_database(const rocks_database&) = delete;
  rocks_database& operator=(const rocks_database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* entries() { return entries_; } ///< key_bytes → entry_record
  rocksdb::ColumnFamilyHandle* batches() { return batches_; } ///< number of the batch → batch_record
  rocksdb::ColumnFamilyHandle* notes() { return notes_; }     ///< a few names → a value each

  struct opened {
    std::unique_ptr<rocks_database> database; ///< null when the outcome is not ok
    rocksdb::Status outcome;
  };
  static opened open(const std::filesystem::path& path, const rocksdb::Options& options,
                     std::shared_ptr<entry_limits> limits);

private:
  rocks_database() = default;

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* entries_ = nullptr;
  rocksdb::ColumnFamilyHandle* batches_ = nullptr;
  rocksdb::ColumnFamilyHandle* notes_ = nullptr;
};

} // namespace weft
