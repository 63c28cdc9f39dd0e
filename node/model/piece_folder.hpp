#pragma once

#include "node/model/model_manifest.hpp"
#include "node/model_files.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Whether a model may be fetched into a folder: it is missing, or empty but for a SHA256SUMS, which says what may come
/// (`pinned`, by file name). False where there is any model file: what is there is never mended or replaced. Fails with
/// errc::model_unusable where other files are in the way.
struct fetch_target {
  bool wanted = false;
  std::map<std::string, std::string> pinned{};
};
result<fetch_target> look_at_target(const std::filesystem::path& target);

/// Where a model's files grow until all of them are there and checked: the folder .NAME.part beside NAME, which only
/// one process has at a time. install() renames it to NAME, so NAME is there whole or not at all, whenever the process
/// or the machine dies. What was fetched before is used by the next start. Not thread-safe; blocks for the disk.
class piece_folder {
public:
  /// Makes the folder and locks it. Null: another process has it, or had it until now; look at the target again.
  /// Fails with errc::storage_full or storage_failed; the message names the folder and what to do, as of all below.
  static result<std::unique_ptr<piece_folder>> open(const std::filesystem::path& target);
  /// Removes the folder where nothing came; else it stays for the next start.
  ~piece_folder();
  piece_folder(const piece_folder&) = delete;
  piece_folder& operator=(const piece_folder&) = delete;

  /// Makes room for the files. Returns the pieces that are there already, from an earlier start.
  /// REQUIRES: a manifest that was checked.
  result<std::vector<uint32_t>> begin(const model_manifest& manifest);

  /// REQUIRES: begin() went well, before every one of these.
  status write(uint32_t piece, std::string_view bytes);

  /// Syncs the files, checks each whole one, writes SHA256SUMS and renames the folder. Where another process was
  /// faster, its files count. Fails also with errc::model_unusable: a file is not what the manifest says of it
  /// (refuted()), or something else has come into the place meanwhile; the pieces stay then.
  result<model_files> install();
  /// install() found that the manifest was wrong. Nothing of what was fetched is left then.
  bool refuted() const noexcept { return refuted_; }

  /// Where the files are now.
  const std::filesystem::path& path() const noexcept { return part_; }

private:
  piece_folder(std::filesystem::path target, std::filesystem::path part, int lock)
      : target_(std::move(target)), part_(std::move(part)), lock_(lock) {}
  result<bool> open_file(const model_manifest::file& file);
  bool is_there(const piece_place& place) const;
  void remove_others() const;
  status check_room(uint64_t bytes) const;
  status write_sums() const;
  status take_place() const;
  void close_files();

  std::filesystem::path target_;
  std::filesystem::path part_;
  int lock_;
  model_manifest manifest_;
  std::vector<piece_place> places_;
  std::vector<int> files_; ///< descriptors, in the manifest's order
  bool refuted_ = false;
};

} // namespace weft
