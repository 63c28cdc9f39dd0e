#pragma once

#include "runtime/base/result.hpp"

#include <filesystem>
#include <rocksdb/status.h>

namespace weft {

/// Whether the files are damaged, so that opening them again will not help.
bool is_damage(const rocksdb::Status& outcome);
/// errc::storage_full or errc::storage_failed, with RocksDB's words.
failure to_failure(const rocksdb::Status& outcome);

/// Moves the folder to PATH.damaged, in place of an earlier one: somebody may want to look, but the disk is limited.
/// Errors: errc::storage_failed.
status move_aside(const std::filesystem::path& path);

} // namespace weft
