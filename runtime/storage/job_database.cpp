#include "runtime/storage/job_database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <system_error>
#include <vector>

namespace weft {
namespace {

constexpr uint64_t mebibyte = 1ULL << 20;

rocksdb::ColumnFamilyOptions family_options(const rocksdb::Options& base, uint64_t write_buffer, uint64_t cache) {
  rocksdb::ColumnFamilyOptions o{base};
  o.write_buffer_size = write_buffer;
  o.target_file_size_base = write_buffer;
  o.max_bytes_for_level_base = 4 * write_buffer;
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10)); // a new segment is looked up before it is written
  table.block_cache = rocksdb::NewLRUCache(cache);
  table.cache_index_and_filter_blocks = false;
  table.block_size = 16 * 1024;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families_of(const rocksdb::Options& options) {
  const auto small = family_options(options, 8 * mebibyte, 4 * mebibyte);
  return {{rocksdb::kDefaultColumnFamilyName, small},
          {"headers", small},
          {"metas", small},
          {"bodies", family_options(options, 64 * mebibyte, 16 * mebibyte)}};
}

/// RocksDB makes a new database where CURRENT is missing, and removes the files of the old one.
bool lost_current(const std::filesystem::path& folder) {
  std::error_code failed;
  if (std::filesystem::exists(folder / "CURRENT", failed))
    return false;
  for (const auto& file : std::filesystem::directory_iterator(folder, failed))
    if (file.path().extension() == ".sst" || file.path().extension() == ".log")
      return true;
  return false;
}

} // namespace

rocksdb::Options job_database_options(rocksdb::Env* env) {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  if (env)
    o.env = env;
  o.max_write_buffer_number = 3;
  o.level_compaction_dynamic_level_bytes = true; // bounds the bytes of what is removed but not yet compacted
  o.max_background_jobs = 2;
  o.max_total_wal_size = 128 * mebibyte; // what an opening reads again, at most: about half a second
  o.avoid_flush_during_recovery =
      true;                    // an opening writes next to nothing: it is quick, and works on a nearly full disk
  o.bytes_per_sync = mebibyte; // of files in the background, so that no sync of ours waits for a burst
  o.compression = rocksdb::kNoCompression; // vectors are noise, and texts make way for them; the CPU belongs to engines
  o.periodic_compaction_seconds = 24 * 60 * 60; // what was removed is off the disk a day later
  o.keep_log_file_num = 2;
  o.max_log_file_size = mebibyte;
  o.info_log_level = rocksdb::WARN_LEVEL;
  return o;
}

job_database::~job_database() {
  for (auto* family : {notes_, headers_, metas_, bodies_})
    if (family)
      db_->DestroyColumnFamilyHandle(family);
}

job_database::opened job_database::open(const std::filesystem::path& folder, rocksdb::Options options) {
  if (lost_current(folder))
    return {nullptr, rocksdb::Status::Corruption("CURRENT is missing", folder.string())};
  const auto families = families_of(options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  // A last record that is torn was not synced, so it was not acknowledged.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  auto outcome = rocksdb::DB::Open(options, folder.string(), families, &handles, &db);
  const bool log_cut = outcome.IsCorruption();
  if (log_cut) { // another place, perhaps of its log: what is before it counts
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    outcome = rocksdb::DB::Open(options, folder.string(), families, &handles, &db);
  }
  if (!outcome.ok())
    return {nullptr, std::move(outcome)};
  auto made = std::unique_ptr<job_database>{new job_database};
  made->db_.reset(db);
  made->notes_ = handles[0];
  made->headers_ = handles[1];
  made->metas_ = handles[2];
  made->bodies_ = handles[3];
  made->keep_writing();
  return {std::move(made), std::move(outcome), log_cut};
}

/// A mended database has all its files on the first level. RocksDB would take no writes until it has compacted them,
/// which takes as long as the disk does; until the next start it takes them.
void job_database::keep_writing() {
  std::string files;
  if (!db_->GetProperty(bodies_, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &files) || files.size() < 2)
    return;
  (void)db_->SetOptions(bodies_, {{"level0_slowdown_writes_trigger", "1000000"},
                                  {"level0_stop_writes_trigger", "1000000"},
                                  {"soft_pending_compaction_bytes_limit", "0"},
                                  {"hard_pending_compaction_bytes_limit", "0"}});
}

rocksdb::Status job_database::mend(const std::filesystem::path& folder, const rocksdb::Options& options) {
  std::error_code ignored;
  std::filesystem::remove_all(folder / "lost", ignored); // of an earlier time: the disk is limited
  return rocksdb::RepairDB(folder.string(), options, families_of(options));
}

} // namespace weft
