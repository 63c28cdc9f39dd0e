#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

namespace weft {

/// The options of a job log: everything is written with a sync, in groups; headers and metas are read as a whole at
/// the start; bodies of 10 kB to 1 MB are read once or twice.
rocksdb::Options job_database_options(rocksdb::Env* env);

/// An open RocksDB with the column families of a job log. Closed by its destructor.
class job_database {
public:
  ~job_database();
  job_database(const job_database&) = delete;
  job_database& operator=(const job_database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* notes() { return notes_; }     ///< a few names → a number each
  rocksdb::ColumnFamilyHandle* headers() { return headers_; } ///< job_disk_key → job_header, sealed
  rocksdb::ColumnFamilyHandle* metas() { return metas_; }     ///< segment_disk_key → segment_meta, sealed
  rocksdb::ColumnFamilyHandle* bodies() { return bodies_; }   ///< segment_disk_key → body

  struct opened {
    std::unique_ptr<job_database> database; ///< null when the outcome is not ok
    rocksdb::Status outcome;
    bool log_cut = false; ///< its log was damaged, or torn by a power failure: what came after that place is gone
  };
  /// Opens it or, in an empty folder, makes it.
  static opened open(const std::filesystem::path& folder, rocksdb::Options options);

  /// Makes a damaged database one that can be opened: reads all of it, moves the tables that are damaged anywhere to
  /// FOLDER/lost, and has forgotten them. What they hid may be seen again: older records, and removed ones.
  static rocksdb::Status mend(const std::filesystem::path& folder, const rocksdb::Options& options);

private:
  job_database() = default;
  void keep_writing();

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* notes_ = nullptr;
  rocksdb::ColumnFamilyHandle* headers_ = nullptr;
  rocksdb::ColumnFamilyHandle* metas_ = nullptr;
  rocksdb::ColumnFamilyHandle* bodies_ = nullptr;
};

} // namespace weft
