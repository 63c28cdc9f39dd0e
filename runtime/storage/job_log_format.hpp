#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

namespace weft {

/// The format that this release writes: what the files under PATH mean, apart from record_version, which says what the
/// bytes of one record mean. The folder of a job log is PATH/FORMAT, a line of text that can be read before the
/// database is opened, and PATH/db, the database.
inline constexpr uint32_t job_log_format = 1;

inline std::filesystem::path database_folder(const std::filesystem::path& path) {
  return path / "db";
}

/// The format of the log at PATH; nothing: there is none yet. A database without FORMAT has format 0.
/// Errors: errc::state_damaged (FORMAT is not a format), storage_failed.
result<std::optional<uint32_t>> read_format(const std::filesystem::path& path);
/// Errors: errc::storage_full, storage_failed.
status write_format(const std::filesystem::path& path, uint32_t format);

/// Brings a database from format `from` to `from` + 1. It may be interrupted anywhere and then runs again from its
/// start, so it either changes everything in one write or can be repeated.
struct format_step {
  uint32_t from = 0;
  std::function<status(const std::filesystem::path& database)> run;
};

/// The steps of this release, in any order. None yet: format 1 is the first that was released.
std::span<const format_step> format_steps();

/// What became of a log's format before it is opened.
struct format_outcome {
  status ready = ok;    ///< the log has format `wanted` and may be opened; else why not
  bool damaged = false; ///< FORMAT is no format: as much a damage as that of any other file
  bool refused = false; ///< trying again does not help: another release wrote it
};

/// Makes the folder of a new log, leaves one with format `wanted` as it is, migrates an older one step by step, and
/// refuses a newer one and one that is too old for the steps, with a message that says what to do.
format_outcome bring_to_format(const std::filesystem::path& path, uint32_t wanted, std::span<const format_step> steps);

} // namespace weft
