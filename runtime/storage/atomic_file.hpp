#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// Small files that are replaced as a whole: after a crash at any moment, of the process or of the machine, the old or
/// the new contents are there. They block for as long as the disk takes: not for an actor that has better to do.

/// Writes PATH.new, syncs it, renames it over PATH and syncs the folder. Only the owner may read the file. Fails with
/// errc::storage_full or errc::storage_failed, naming the file; the old contents then are still there (unless only the
/// last sync failed: then the new ones are, perhaps not for good).
/// REQUIRES: one writer a path at a time.
status write_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Syncs a folder, so that files and folders made in it are there after a power failure, too. "": the current one.
/// Fails with errc::storage_full or errc::storage_failed, naming it.
status sync_folder(const std::filesystem::path& folder);

/// The contents; nothing when there is no such file. Fails with errc::storage_failed (it cannot be read) or
/// errc::state_damaged (more than bytes_max: not a file of ours), naming the file.
result<std::optional<std::string>> read_small_file(const std::filesystem::path& path, size_t bytes_max);

} // namespace weft
