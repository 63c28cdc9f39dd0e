#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace rocksdb {
class Env;
}

namespace weft {

/// Whether the disk under a folder takes more. Thread-safe.
class disk_room {
public:
  /// free_bytes_min: of the disk, which others need too. env: null: the real one.
  disk_room(std::filesystem::path folder, uint64_t free_bytes_min, rocksdb::Env* env);

  /// So many bytes more than free_bytes_min are free, or it cannot be told.
  bool has(uint64_t more) const;
  /// errc::storage_full, with the limit.
  failure too_little() const;
  /// Writes a file of about what a database needs to open and to write for a while, synced, and removes it.
  status try_writing() const;

private:
  const std::filesystem::path folder_;
  const uint64_t free_bytes_min_;
  rocksdb::Env* const env_;
};

} // namespace weft
