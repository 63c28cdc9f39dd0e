#pragma once

#include "node/config/config.hpp"
#include "node/logging/node_log.hpp"
#include "runtime/ports/backup_door.hpp"
#include "runtime/ports/job_log.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace weft {

/// The log of a node's jobs, and what else is done with it. Only `log` keeps it open.
struct opened_job_log {
  std::shared_ptr<job_log> log;
  backup_door backups; ///< refuses with errc::unavailable where jobs.backup_dir is empty
  /// Whoever waits for a backup hears soon that it was given up.
  std::function<void()> stop_backups;
};

/// The log of jobs under the data folder. REQUIRES: config.jobs.enabled. Errors: errc::state_damaged: another release
/// wrote it in a format that this one does not read. (A log that is damaged or on a full disk is opened all the same.)
result<opened_job_log> open_job_log(const node_config& config, const std::filesystem::path& data_dir,
                                    const std::shared_ptr<node_log>& log);

} // namespace weft
