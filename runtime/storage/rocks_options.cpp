#include "runtime/storage/rocks_options.hpp"

#include "runtime/storage/entry_record.hpp"

#include <algorithm>
#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace weft {
namespace {

constexpr uint64_t mebibyte = 1ULL << 20;

/// Drops what has expired or was cleared while RocksDB rewrites its files anyway.
class expiry_filter final : public rocksdb::CompactionFilter {
public:
  explicit expiry_filter(std::shared_ptr<entry_limits> limits)
      : limits_(std::move(limits)), now_(limits_->wall_clock()), generation_(limits_->generation.load()) {}

  const char* Name() const override { return "weft.expiry"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*, bool*) const override {
    const auto age = age_of({value.data(), value.size()});
    const bool drop = age && (age->expires <= now_ || age->generation < generation_);
    if (drop)
      limits_->dropped.fetch_add(1, std::memory_order_relaxed);
    return drop;
  }

private:
  std::shared_ptr<entry_limits> limits_;
  uint64_t now_;
  uint64_t generation_;
};

class expiry_filter_factory final : public rocksdb::CompactionFilterFactory {
public:
  explicit expiry_filter_factory(std::shared_ptr<entry_limits> limits) : limits_(std::move(limits)) {}
  const char* Name() const override { return "weft.expiry_factory"; }
  std::unique_ptr<rocksdb::CompactionFilter>
  CreateCompactionFilter(const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<expiry_filter>(limits_);
  }

private:
  std::shared_ptr<entry_limits> limits_;
};

} // namespace

rocksdb::Options database_options(uint64_t bytes_max, rocksdb::Env* env) {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  if (env)
    o.env = env;
  // A sixteenth of the limit, so that a small store stays about as small as it should.
  o.write_buffer_size = std::clamp(bytes_max / 16, mebibyte, 64 * mebibyte);
  o.max_write_buffer_number = 3;
  o.target_file_size_base = o.write_buffer_size;
  o.max_bytes_for_level_base = 4 * o.write_buffer_size;
  o.level_compaction_dynamic_level_bytes = true; // bounds the bytes of what is deleted but not yet compacted
  o.max_background_jobs = 2;
  o.max_total_wal_size = 2 * o.write_buffer_size;
  o.bytes_per_sync = mebibyte; // no bursts of write-back in front of reads
  o.wal_bytes_per_sync = mebibyte;
  o.compression = rocksdb::kNoCompression;      // bodies come packed; what is left is noise
  o.periodic_compaction_seconds = 24 * 60 * 60; // what has expired is gone a day later
  o.keep_log_file_num = 2;
  o.max_log_file_size = mebibyte;
  o.info_log_level = rocksdb::WARN_LEVEL;
  return o;
}

rocksdb::ColumnFamilyOptions entry_options(const rocksdb::Options& base, std::shared_ptr<entry_limits> limits) {
  rocksdb::ColumnFamilyOptions o{base};
  o.compaction_filter_factory = std::make_shared<expiry_filter_factory>(std::move(limits));
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10)); // 1 % of the lookups of absent keys read a block
  table.block_cache = rocksdb::NewLRUCache(16 * mebibyte);      // L1 and L2 are the cache; this holds indexes
  table.cache_index_and_filter_blocks = false;
  table.block_size = 8 * 1024;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

} // namespace weft
