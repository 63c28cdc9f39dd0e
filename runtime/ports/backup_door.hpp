#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/backup_info.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace weft {

/// A backup that was made, and where.
struct backup_made {
  backup_info backup;
  std::string folder; ///< on the node
};

/// The way to whoever backs up the jobs of this node, while it runs. keep: how many of the latest backups stay, the new
/// one included; 0: all. `done` is called once, on any thread, after minutes where there is much. Errors: overloaded
/// (one is being made), no_backup_folder (none is configured, or it has another node's backups), unavailable (no jobs
/// are kept, or the node is stopping), storage_full, storage_failed.
using backup_door = std::function<void(uint32_t keep, std::function<void(result<backup_made>)> done)>;

} // namespace weft
