#pragma once

#include "runtime/job/record_codec.hpp"
#include "runtime/storage/job_database.hpp"
#include "runtime/storage/job_log_record.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <rocksdb/write_batch.h>
#include <string>

namespace weft::test {

/// RocksDB without Weft, the baseline of the job log: the same options, keys and bytes, each write synced; RocksDB
/// shares syncs between threads. Ends the program when it fails.
class plain_job_database {
public:
  explicit plain_job_database(const std::filesystem::path& path) {
    std::filesystem::create_directories(path);
    auto opened = job_database::open(path, job_database_options(nullptr));
    end_unless(opened.outcome);
    database_ = std::move(opened.database);
  }

  /// meta: encoded before.
  void write(const segment_record& record, const std::string& meta) {
    const auto key = disk_key(record.meta.id);
    const rocksdb::Slice at{key.data(), key.size()};
    rocksdb::WriteBatch changes;
    changes.Put(database_->metas(), at, meta);
    changes.Put(database_->bodies(), at, *record.body);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    end_unless(database_->db().Write(synced, &changes));
  }

private:
  static void end_unless(const rocksdb::Status& status) {
    if (status.ok())
      return;
    std::fprintf(stderr, "plain RocksDB: %s\n", status.ToString().c_str());
    std::_Exit(1);
  }

  std::unique_ptr<job_database> database_;
};

} // namespace weft::test
