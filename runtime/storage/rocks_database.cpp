#include "runtime/storage/rocks_database.hpp"

#include <utility>
#include <vector>

namespace weft {

rocks_database::~rocks_database() {
  for (auto* family : {entries_, batches_, notes_})
    if (family)
      db_->DestroyColumnFamilyHandle(family);
}

rocks_database::opened rocks_database::open(const std::filesystem::path& path, const rocksdb::Options& options,
                                            std::shared_ptr<entry_limits> limits) {
  const std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, options},
      {"entries.1", entry_options(options, std::move(limits))},
      {"batches.1", options},
  };
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  std::error_code failed;
  std::filesystem::create_directories(path, failed); // RocksDB makes the last folder only, and says why not
  auto outcome = rocksdb::DB::Open(options, path.string(), families, &handles, &db);
  if (!outcome.ok())
    return {nullptr, std::move(outcome)};
  auto made = std::unique_ptr<rocks_database>{new rocks_database};
  made->db_.reset(db);
  made->notes_ = handles[0];
  made->entries_ = handles[1];
  made->batches_ = handles[2];
  return {std::move(made), std::move(outcome)};
}

bool is_damage(const rocksdb::Status& outcome) {
  return outcome.IsCorruption() || outcome.IsInvalidArgument() || outcome.IsNotSupported() || outcome.IsPathNotFound();
}

failure to_failure(const rocksdb::Status& outcome) {
  const bool full = outcome.IsNoSpace() || outcome.subcode() == rocksdb::Status::kSpaceLimit;
  return {full ? errc::storage_full : errc::storage_failed, outcome.ToString()};
}

status move_aside(const std::filesystem::path& path) {
  auto aside = path;
  aside += ".damaged";
  std::error_code failed;
  std::filesystem::remove_all(aside, failed);
  if (!failed)
    std::filesystem::rename(path, aside, failed);
  if (failed)
    return failure{errc::storage_failed, "cannot move " + path.string() + " aside: " + failed.message()};
  return ok;
}

} // namespace weft
