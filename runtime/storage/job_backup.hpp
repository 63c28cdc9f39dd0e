#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/backup_info.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rocksdb {
class DB;
}

namespace weft {

/// Backups of a job log: a folder holds any number, numbered from 1, which share the files that they have in common, so
/// that another one costs what is new since the last. Every file has a checksum. The folder belongs to one node; a
/// folder on another machine's disk is what makes it worth having. These functions block.

struct backup_request {
  std::filesystem::path folder; ///< made where it is not there
  std::string node;             ///< the name of this node, at most 64 bytes, no line breaks
  uint32_t keep = 0;            ///< how many of the latest stay, this one included; 0: all
};

/// Adds a backup of an open database. `stop` set by another thread ends it soon, with errc::unavailable.
/// Errors: errc::no_backup_folder (the latest one there is another node's), storage_full, storage_failed (the folder
/// cannot be written, or reading failed).
result<backup_info> create_backup(rocksdb::DB& database, const backup_request& request, const std::atomic<bool>& stop);

/// All backups, the oldest first. Errors: errc::invalid_argument (no such folder, or it cannot be read),
/// storage_failed.
result<std::vector<backup_info>> list_backups(const std::filesystem::path& folder);

/// Reads all files of a backup and compares their checksums. id: empty: the latest. Errors: errc::invalid_argument (no
/// such backup or folder), state_damaged (a file is damaged or missing), storage_failed.
result<backup_info> verify_backup(const std::filesystem::path& folder, std::optional<uint32_t> id);

/// Puts a backup where a node will find it: DATA_DIR/jobs, which must not be there or be empty. All or nothing: what
/// is under way stands in DATA_DIR/jobs.restoring. Errors: as verify_backup(); errc::invalid_argument where the place
/// is taken, and for a format that this release does not read; storage_full.
result<backup_info> restore_backup(const std::filesystem::path& folder, std::optional<uint32_t> id,
                                   const std::filesystem::path& data_dir);

/// Where a node keeps its jobs, under its data directory.
inline std::filesystem::path job_log_path(const std::filesystem::path& data_dir) {
  return data_dir / "jobs";
}

} // namespace weft
