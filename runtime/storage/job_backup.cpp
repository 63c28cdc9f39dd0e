#include "runtime/storage/job_backup.hpp"

#include "runtime/storage/atomic_file.hpp"
#include "runtime/storage/damage.hpp"
#include "runtime/storage/job_log_format.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/utilities/backup_engine.h>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft {
namespace {

namespace fs = std::filesystem;
using rocksdb::BackupEngine;
using rocksdb::BackupEngineReadOnly;
using rocksdb::Env;

/// A backup of a large log takes minutes then, and leaves the disk to the node.
constexpr uint64_t bytes_per_second = 128ULL << 20;
/// The first line of what is noted with each backup; format and name follow on a line each.
constexpr std::string_view first_line = "weft jobs";

std::string note(uint32_t format, const std::string& node) {
  return std::string{first_line} + "\n" + std::to_string(format) + "\n" + node + "\n";
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

backup_info to_info(const rocksdb::BackupInfo& from) {
  backup_info out;
  out.id = from.backup_id;
  out.created = wall_time{std::chrono::seconds{from.timestamp}};
  out.bytes = from.size;
  out.files = from.number_files;
  std::string_view text = from.app_metadata;
  if (take_line(text) == first_line) {
    const auto number = take_line(text);
    (void)std::from_chars(number.data(), number.data() + number.size(), out.format);
    out.node = take_line(text);
  }
  return out;
}

failure about(const fs::path& path, const std::string& what, errc code) {
  return {code, path.string() + ": " + what, {{"file", path.string()}}};
}

failure about(const fs::path& path, const std::error_code& why) {
  const bool full = why == std::errc::no_space_on_device;
  return about(path, why.message(), full ? errc::storage_full : errc::storage_failed);
}

/// In a folder that exists.
result<std::unique_ptr<BackupEngineReadOnly>> open_to_read(const fs::path& folder) {
  BackupEngineReadOnly* engine = nullptr;
  const auto opened =
      BackupEngineReadOnly::Open(rocksdb::BackupEngineOptions{folder.string()}, Env::Default(), &engine);
  if (!opened.ok())
    return about(folder, opened.ToString(), errc::storage_failed);
  return std::unique_ptr<BackupEngineReadOnly>{engine};
}

std::vector<backup_info> backups_of(const BackupEngineReadOnly& engine) {
  std::vector<rocksdb::BackupInfo> good;
  engine.GetBackupInfo(&good);
  std::vector<rocksdb::BackupID> bad;
  engine.GetCorruptedBackups(&bad);
  std::vector<backup_info> out;
  for (const auto& info : good)
    out.push_back(to_info(info));
  for (const auto id : bad) {
    backup_info damaged;
    damaged.id = id;
    damaged.damaged = true;
    out.push_back(damaged);
  }
  std::ranges::sort(out, {}, &backup_info::id);
  return out;
}

/// The folder opened, and the backup that is meant.
struct chosen_backup {
  std::unique_ptr<BackupEngineReadOnly> engine;
  backup_info info;
};

status check_folder(const fs::path& folder) {
  std::error_code failed;
  const auto what = fs::status(folder, failed);
  if (what.type() == fs::file_type::not_found)
    return about(folder, "there is no such folder", errc::invalid_argument);
  if (failed || !fs::is_directory(what))
    return about(folder, failed ? failed.message() : "is not a folder", errc::invalid_argument);
  const fs::directory_iterator readable{folder, failed};
  if (failed)
    return about(folder, failed.message(), errc::invalid_argument);
  return ok;
}

bool holds_backups(const fs::path& folder) {
  std::error_code failed;
  return fs::is_directory(folder / "meta", failed);
}

result<chosen_backup> choose(const fs::path& folder, std::optional<uint32_t> id) {
  if (auto there = check_folder(folder); !there)
    return there.error();
  if (!holds_backups(folder))
    return about(folder, "holds no backups", errc::invalid_argument);
  auto engine = open_to_read(folder);
  if (!engine)
    return engine.error();
  const auto all = backups_of(**engine);
  if (all.empty())
    return about(folder, "holds no backups", errc::invalid_argument);
  const auto wanted = id.value_or(all.back().id);
  const auto found = std::ranges::find(all, wanted, &backup_info::id);
  if (found == all.end())
    return about(folder, "there is no backup " + std::to_string(wanted), errc::invalid_argument);
  if (found->damaged)
    return about(folder,
                 "backup " + std::to_string(wanted) + " is damaged: its list or one of its files is missing or cut",
                 errc::state_damaged);
  return chosen_backup{*std::move(engine), *found};
}

status verify(const chosen_backup& backup, const fs::path& folder) {
  const auto outcome = backup.engine->VerifyBackup(backup.info.id, true);
  if (outcome.ok())
    return ok;
  const bool damaged = is_damage(outcome) || outcome.IsNotFound();
  return about(folder,
               "backup " + std::to_string(backup.info.id) + (damaged ? " is damaged: " : " cannot be read: ") +
                   outcome.ToString(),
               damaged ? errc::state_damaged : errc::storage_failed);
}

/// Syncs all files of a folder, and the folder.
status sync_files(const fs::path& folder) {
  std::error_code failed;
  for (fs::directory_iterator i{folder, failed}, end; !failed && i != end; i.increment(failed)) {
    std::unique_ptr<rocksdb::WritableFile> file;
    auto outcome = Env::Default()->ReopenWritableFile(i->path().string(), &file, {});
    if (outcome.ok())
      outcome = file->Fsync();
    if (!outcome.ok())
      return to_failure(outcome);
  }
  return failed ? status{about(folder, failed)} : sync_folder(folder);
}

/// Nothing when jobs can be put there.
std::optional<failure> taken(const fs::path& target) {
  std::error_code failed;
  const auto what = fs::symlink_status(target, failed);
  if (what.type() == fs::file_type::not_found)
    return std::nullopt;
  if (!fs::is_directory(what))
    return about(target, "is there already and is not a folder", errc::invalid_argument);
  const bool empty = fs::is_empty(target, failed);
  if (failed)
    return about(target, failed.message(), errc::invalid_argument);
  if (!empty)
    return about(target,
                 "is not empty: nothing was restored. Move it away, or choose the data directory of a node that has no "
                 "jobs",
                 errc::invalid_argument);
  return std::nullopt;
}

/// Restores into a folder beside the target, so that the target is whole or not there.
status restore_into(const chosen_backup& backup, const fs::path& fresh, const fs::path& target) {
  std::error_code failed;
  fs::remove_all(fresh, failed); // of a restoring that was cut off
  fs::create_directories(database_folder(fresh), failed);
  if (failed)
    return about(fresh, failed);
  const auto space = fs::space(fresh, failed);
  if (!failed && space.available < backup.info.bytes)
    return about(fresh,
                 std::to_string(space.available) + " bytes are free, the backup takes " +
                     std::to_string(backup.info.bytes),
                 errc::storage_full);
  const auto database = database_folder(fresh).string();
  const auto restored =
      backup.engine->RestoreDBFromBackup(rocksdb::RestoreOptions{}, backup.info.id, database, database);
  if (!restored.ok())
    return is_damage(restored) ? about(fresh, restored.ToString(), errc::state_damaged) : to_failure(restored);
  if (auto synced = sync_files(database_folder(fresh)); !synced)
    return synced;
  if (auto written = write_format(fresh, backup.info.format); !written)
    return written;
  fs::remove(target, failed); // an empty folder, or nothing
  if (!failed)
    fs::rename(fresh, target, failed);
  return failed ? status{about(target, failed)} : sync_folder(target.parent_path());
}

} // namespace

result<backup_info> create_backup(rocksdb::DB& database, const backup_request& request, const std::atomic<bool>& stop) {
  std::error_code failed;
  fs::create_directories(request.folder, failed);
  if (failed)
    return about(request.folder, failed);
  rocksdb::BackupEngineOptions options{request.folder.string()};
  options.backup_rate_limit = bytes_per_second;
  BackupEngine* opened = nullptr;
  const auto outcome = BackupEngine::Open(options, Env::Default(), &opened);
  if (!outcome.ok())
    return about(request.folder, outcome.ToString(), to_failure(outcome).code);
  const std::unique_ptr<BackupEngine> engine{opened};
  const std::string node = request.node.substr(0, 64);
  // Two nodes in one folder would remove each other's backups, and the latest would be either's.
  rocksdb::BackupInfo last;
  if (engine->GetLatestBackupInfo(&last).ok())
    if (const auto whose = to_info(last).node; whose != node)
      return about(request.folder,
                   whose.empty() ? "has backups of something else"
                                 : "has backups of node " + whose + ", not of " + node,
                   errc::no_backup_folder);
  rocksdb::CreateBackupOptions how;
  how.flush_before_backup = true; // into a file that later backups share; the log would be copied each time
  how.progress_callback = [&] {
    if (stop)
      engine->StopBackup();
  };
  how.decrease_background_thread_cpu_priority = true;
  how.background_thread_cpu_priority = rocksdb::CpuPriority::kLow;
  if (stop)
    engine->StopBackup();
  const auto made = engine->CreateNewBackupWithMetadata(how, &database, note(job_log_format, node), nullptr);
  if (made.IsIncomplete())
    return failure{errc::unavailable, "the backup was given up: the node's job log was closed"};
  if (!made.ok())
    return about(request.folder, made.ToString(), to_failure(made).code);
  if (request.keep > 0)
    if (const auto purged = engine->PurgeOldBackups(request.keep); !purged.ok())
      return about(request.folder, "the backup is made; older ones were not removed: " + purged.ToString(),
                   to_failure(purged).code);
  rocksdb::BackupInfo latest;
  if (const auto found = engine->GetLatestBackupInfo(&latest); !found.ok())
    return about(request.folder, found.ToString(), errc::storage_failed);
  return to_info(latest);
}

result<std::vector<backup_info>> list_backups(const fs::path& folder) {
  if (auto there = check_folder(folder); !there)
    return there.error();
  if (!holds_backups(folder))
    return std::vector<backup_info>{};
  const auto engine = open_to_read(folder);
  if (!engine)
    return engine.error();
  return backups_of(**engine);
}

result<backup_info> verify_backup(const fs::path& folder, std::optional<uint32_t> id) {
  const auto backup = choose(folder, id);
  if (!backup)
    return backup.error();
  if (auto whole = verify(*backup, folder); !whole)
    return whole.error();
  return backup->info;
}

result<backup_info> restore_backup(const fs::path& folder, std::optional<uint32_t> id, const fs::path& data_dir) {
  const auto backup = choose(folder, id);
  if (!backup)
    return backup.error();
  const auto number = std::to_string(backup->info.id);
  if (backup->info.format == 0)
    return about(folder, "backup " + number + " is none of a node's jobs", errc::invalid_argument);
  if (backup->info.format > job_log_format)
    return about(folder,
                 "backup " + number + " has format " + std::to_string(backup->info.format) + "; this release reads " +
                     std::to_string(job_log_format),
                 errc::invalid_argument);
  const auto target = job_log_path(data_dir);
  if (auto why = taken(target))
    return *std::move(why);
  if (auto whole = verify(*backup, folder); !whole)
    return whole.error();
  auto fresh = target;
  fresh += ".restoring";
  if (auto restored = restore_into(*backup, fresh, target); !restored) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    return restored.error();
  }
  return backup->info;
}

} // namespace weft
