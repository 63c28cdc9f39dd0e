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

} // namespace weft
