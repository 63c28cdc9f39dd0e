#include "node/job_logs.hpp"

#include "runtime/storage/job_log_format.hpp"
#include "runtime/storage/rocks_job_log.hpp"

#include <utility>

namespace weft {
namespace {

backup_door backups_of(const std::weak_ptr<rocks_job_log>& jobs, const node_config& config,
                       const std::shared_ptr<node_log>& log) {
  return [jobs, log, folder = config.jobs.backup_dir,
          name = config.node.name](uint32_t keep, std::function<void(result<backup_made>)> done) {
    if (folder.empty())
      return done(failure{errc::no_backup_folder, "jobs.backup_dir of this node's configuration names no folder"});
    const auto open = jobs.lock();
    if (!open)
      return done(failure{errc::unavailable, "the node is stopping"});
    open->back_up({.folder = folder, .node = name, .keep = keep}, [log, folder, done = std::move(done)](
                                                                      const result<backup_info>& made) {
      if (!made) {
        log->write(log_level::error, "jobs", "no backup was made", {{"reason", made.error().message}});
        return done(made.error());
      }
      log->write(log_level::info, "jobs", "backup made",
                 {{"id", std::to_string(made->id)}, {"bytes", std::to_string(made->bytes)}, {"folder", folder}});
      done(backup_made{*made, folder});
    });
  };
}

} // namespace

result<opened_job_log> open_job_log(const node_config& config, const std::filesystem::path& data_dir,
                                    const std::shared_ptr<node_log>& log) {
  rocks_job_log_options options;
  options.path = job_log_path(data_dir);
  // Others would count on a member that keeps nothing: better none.
  if (const auto format = bring_to_format(options.path, job_log_format, format_steps()); format.refused)
    return format.ready.error();
  options.bytes_max = config.jobs.bytes_max;
  options.report = [log](const std::string& what) { log->write(log_level::warn, "jobs", what); };
  auto jobs = std::make_shared<rocks_job_log>(std::move(options));
  const std::weak_ptr<rocks_job_log> seen = jobs;
  return opened_job_log{.log = std::move(jobs), .backups = backups_of(seen, config, log), .stop_backups = [seen] {
                          if (const auto open = seen.lock())
                            open->stop_backups();
                        }};
}

} // namespace weft
