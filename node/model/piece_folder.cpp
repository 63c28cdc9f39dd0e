#include "node/model/piece_folder.hpp"

#include "node/digest.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/storage/atomic_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* sums_name = "SHA256SUMS";
// Left free beside the files: a node that fills its disk to the last byte cannot start either.
constexpr uint64_t spare_bytes = 16 * uint64_t{model_piece_bytes};

failure problem(const fs::path& path, std::string_view what, int number) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  return {full ? errc::storage_full : errc::storage_failed,
          path.string() + ": " + std::string{what} + ": " + std::generic_category().message(number) +
              (full ? "; make room or set model.dir to a folder on another disk"
                    : "; mend that or set model.dir (WEFT_MODEL_DIR) to a folder that can be written"),
          {{"file", path.string()}}};
}

status write_at(int file, std::string_view bytes, uint64_t offset, const fs::path& path) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return problem(path, "cannot be written", errno);
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return ok;
}

bool is_model_file(std::string_view name) {
  return std::ranges::any_of(model_file_names(), [&](const auto& it) { return it.name == name; });
}

/// The folder is still the one that the path names: another process may have renamed it since it was opened.
bool is_still(int folder, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(folder, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

/// A link is followed, so that its end is replaced and not the link.
fs::path resolved(const fs::path& target) {
  std::error_code ignored;
  auto out = fs::weakly_canonical(fs::absolute(target, ignored), ignored);
  return out.has_filename() ? out : out.parent_path();
}

} // namespace

result<fetch_target> look_at_target(const fs::path& target) {
  fetch_target out{.wanted = true};
  std::error_code error;
  fs::directory_iterator entries{target, error};
  if (error == std::errc::no_such_file_or_directory)
    return out;
  if (error)
    return problem(target, "cannot be read", error.value());
  std::string other;
  for (const auto& entry : entries) {
    const auto name = entry.path().filename().string();
    if (is_model_file(name))
      return fetch_target{};
    if (name != sums_name)
      other = name;
  }
  if (!other.empty())
    return failure{.code = errc::model_unusable,
                   .message = "no model is in " + target.string() + ", and none is fetched into it, since it has " +
                              other + "; empty it, or set model.dir (WEFT_MODEL_DIR) to a folder of the model alone"};
  out.pinned = read_sums(target / sums_name);
  return out;
}

result<std::unique_ptr<piece_folder>> piece_folder::open(const fs::path& given) {
  const auto target = resolved(given);
  const auto part = target.parent_path() / ("." + target.filename().string() + ".part");
  std::error_code error;
  fs::create_directories(part, error);
  if (error)
    return problem(part, "cannot be made", error.value());
  const int lock = ::open(part.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0 && errno == ENOENT)
    return std::unique_ptr<piece_folder>{}; // it was renamed in this moment
  if (lock < 0)
    return problem(part, "cannot be opened", errno);
  std::unique_ptr<piece_folder> out{new piece_folder(target, part, lock)};
  const int locked = ::flock(lock, LOCK_EX | LOCK_NB);
  const int number = errno;
  if (locked == 0 && is_still(lock, part))
    return out;
  out->part_.clear(); // not ours
  if (locked != 0 && number != EWOULDBLOCK)
    return problem(part, "cannot be locked", number);
  return std::unique_ptr<piece_folder>{};
}

piece_folder::~piece_folder() {
  if (!part_.empty() && part_ != target_)
    ::rmdir(part_.c_str()); // fails where something came
  close_files();
  ::close(lock_);
}

void piece_folder::close_files() {
  for (const int file : files_)
    ::close(file);
  files_.clear();
}

result<std::vector<uint32_t>> piece_folder::begin(const model_manifest& manifest) {
  close_files();
  refuted_ = false;
  manifest_ = manifest;
  places_ = places_of(manifest_);
  remove_others();
  std::vector<bool> from_before;
  for (const auto& file : manifest_.files) {
    const auto opened = open_file(file);
    if (!opened)
      return opened.error();
    from_before.push_back(*opened);
  }
  std::vector<uint32_t> out;
  uint64_t missing = 0;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    if (from_before[places_[i].file] && is_there(places_[i]))
      out.push_back(i);
    else
      missing += places_[i].bytes;
  }
  if (auto room = check_room(missing); !room)
    return room.error();
  return out;
}

/// True: it was there.
result<bool> piece_folder::open_file(const model_manifest::file& file) {
  const auto path = part_ / file.name;
  const int number = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (number < 0)
    return problem(path, "cannot be made", errno);
  files_.push_back(number);
  struct stat found {};
  if (::fstat(number, &found) != 0)
    return problem(path, "cannot be read", errno);
  if (::ftruncate(number, static_cast<off_t>(file.bytes)) != 0)
    return problem(path, "cannot be given its size", errno);
  return found.st_size > 0;
}

bool piece_folder::is_there(const piece_place& place) const {
  std::string bytes(place.bytes, '\0');
  size_t read = 0;
  while (read < bytes.size()) {
    const auto count =
        ::pread(files_[place.file], bytes.data() + read, bytes.size() - read, static_cast<off_t>(place.offset + read));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false; // then it is fetched again
    read += static_cast<size_t>(count);
  }
  return sha256_of_text(bytes) == digest_of(manifest_, place);
}

void piece_folder::remove_others() const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{part_, ignored}) {
    const auto name = entry.path().filename().string();
    if (std::ranges::find(manifest_.files, name, &model_manifest::file::name) == manifest_.files.end())
      fs::remove_all(entry.path(), ignored);
  }
}

status piece_folder::check_room(uint64_t bytes) const {
  std::error_code error;
  const auto space = fs::space(part_, error);
  if (error || bytes == 0 || space.available >= bytes + spare_bytes)
    return ok; // where nothing is known, writing will tell
  return failure{errc::storage_full,
                 part_.string() + ": " + std::to_string((bytes + spare_bytes) >> 20) + " MiB are needed and " +
                     std::to_string(space.available >> 20) +
                     " MiB are free; make room or set model.dir to a folder on another disk",
                 {{"file", part_.string()}}};
}

status piece_folder::write(uint32_t piece, std::string_view bytes) {
  const auto& place = places_.at(piece);
  WEFT_ASSERT(bytes.size() == place.bytes);
  return write_at(files_[place.file], bytes, place.offset, part_ / manifest_.files[place.file].name);
}

result<model_files> piece_folder::install() {
  for (size_t i = 0; i < files_.size(); ++i)
    if (::fsync(files_[i]) != 0)
      return problem(part_ / manifest_.files[i].name, "cannot be synced", errno);
  if (auto written = write_sums(); !written)
    return written.error();
  auto checked = check_model_files(part_);
  if (!checked || checked->version != manifest_.version) {
    refuted_ = true;
    close_files();
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{part_, ignored})
      fs::remove_all(entry.path(),
                     ignored); // every piece was as told, so the telling was wrong: nothing of it is of use
    return failure{.code = errc::model_unusable,
                   .message = "described files that are not as it says: " +
                              (checked ? "their version is " + checked->version : checked.error().message)};
  }
  if (auto synced = sync_folder(part_); !synced)
    return synced.error();
  if (auto placed = take_place(); !placed)
    return placed.error();
  part_ = target_;
  if (auto synced = sync_folder(target_.parent_path()); !synced)
    return synced.error();
  checked->directory = target_;
  return checked;
}

status piece_folder::write_sums() const {
  std::string lines;
  for (const auto& file : manifest_.files)
    lines += file.sha256 + "  " + file.name + '\n';
  // Who asked for these contents keeps the words in which they did.
  const auto wanted = read_small_file(target_ / sums_name, model_piece_bytes);
  if (wanted && *wanted)
    lines = **wanted;
  const auto path = part_ / sums_name;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0)
    return problem(path, "cannot be made", errno);
  auto out = write_at(file, lines, 0, path);
  if (out && ::fsync(file) != 0)
    out = problem(path, "cannot be synced", errno);
  ::close(file);
  return out;
}

status piece_folder::take_place() const {
  // Takes the place of nothing, or of an empty folder; never of one that has something.
  if (::rename(part_.c_str(), target_.c_str()) == 0)
    return ok;
  const int number = errno;
  if (number == EBUSY || number == EXDEV)
    return failure{errc::storage_failed,
                   target_.string() +
                       " is a mount point, which a fetched model cannot take the place of; set model.dir "
                       "(WEFT_MODEL_DIR) to a folder inside it",
                   {{"file", target_.string()}}};
  if (number != ENOTEMPTY && number != EEXIST)
    return problem(target_, "cannot be put in place", number);
  const auto found = look_at_target(target_);
  if (!found)
    return found.error(); // other files are in the way
  if (found->wanted) {    // a SHA256SUMS, of which there is a copy: one step, so that no moment is without both
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) != 0)
      return problem(target_, "cannot be put in place", errno);
    ::unlink((part_ / sums_name).c_str());
    ::rmdir(part_.c_str());
    return ok;
  }
  const auto theirs = check_model_files(target_);
  if (!theirs)
    return theirs.error();
  if (theirs->version != manifest_.version)
    return failure{.code = errc::model_unusable,
                   .message = "version " + theirs->version + " of the model came into " + target_.string() + " while " +
                              manifest_.version + " was fetched; remove one of them"};
  std::error_code ignored;
  fs::remove_all(part_, ignored);
  return ok;
}

} // namespace weft
