#include "runtime/storage/atomic_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace weft {
namespace {

failure problem(const std::filesystem::path& path, std::string_view what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? errc::storage_full : errc::storage_failed,
          path.string() + ": " + std::string{what} + ": " + std::generic_category().message(number),
          {{"file", path.string()}}};
}

/// An open file; close() tells whether closing went well, the destructor does not ask.
class descriptor {
public:
  descriptor(const std::filesystem::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }
  bool open() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }
  bool close() noexcept {
    const int number = number_;
    number_ = -1;
    return number < 0 || ::close(number) == 0;
  }

private:
  int number_;
};

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

status write_new(const std::filesystem::path& path, std::string_view bytes) {
  descriptor file{path, O_WRONLY | O_CREAT | O_TRUNC};
  if (!file.open())
    return problem(path, "cannot be created");
  if (!write_all(file.number(), bytes))
    return problem(path, "cannot be written");
  if (::fsync(file.number()) != 0)
    return problem(path, "cannot be synced");
  if (!file.close())
    return problem(path, "cannot be closed");
  return ok;
}

} // namespace

status write_atomically(const std::filesystem::path& path, std::string_view bytes) {
  auto fresh = path;
  fresh += ".new";
  if (auto written = write_new(fresh, bytes); !written) {
    ::unlink(fresh.c_str()); // half a file helps nobody
    return written;
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    auto reason = problem(path, "cannot be replaced");
    ::unlink(fresh.c_str());
    return reason;
  }
  return sync_folder(path.parent_path());
}

status sync_folder(const std::filesystem::path& folder) {
  const auto named = folder.empty() ? std::filesystem::path{"."} : folder;
  descriptor opened{named, O_RDONLY | O_DIRECTORY};
  if (!opened.open() || ::fsync(opened.number()) != 0)
    return problem(named, "cannot be synced");
  return ok;
}

result<std::optional<std::string>> read_small_file(const std::filesystem::path& path, size_t bytes_max) {
  descriptor file{path, O_RDONLY};
  if (!file.open()) {
    if (errno == ENOENT)
      return std::optional<std::string>{};
    return problem(path, "cannot be opened");
  }
  std::string out;
  char block[16'384];
  for (;;) {
    const auto count = ::read(file.number(), block, sizeof block);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return problem(path, "cannot be read");
    if (count == 0)
      return std::optional<std::string>{std::move(out)};
    out.append(block, static_cast<size_t>(count));
    if (out.size() > bytes_max)
      return failure{errc::state_damaged,
                     path.string() + ": more than " + std::to_string(bytes_max) + " bytes",
                     {{"file", path.string()}}};
  }
}

} // namespace weft
