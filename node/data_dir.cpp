#include "node/data_dir.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <vector>

namespace weft {
namespace {

// Less free space than this is a full disk: the first log or record would fail.
constexpr size_t probe_bytes = 65'536;

failure unusable(const std::filesystem::path& path, const std::string& what) {
  return {.code = errc::unavailable, .message = "node.data_dir " + path.string() + ' ' + what};
}

// Empty, or why the folder cannot take `probe_bytes` more.
std::string probe(const std::filesystem::path& folder) {
  const auto path = folder / "write-check";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0)
    return std::strerror(errno);
  const std::vector<char> bytes(probe_bytes, 'w');
  std::string reason;
  for (size_t written = 0; written < bytes.size() && reason.empty();) {
    const auto count = ::write(file, bytes.data() + written, bytes.size() - written);
    if (count >= 0)
      written += static_cast<size_t>(count);
    else if (errno != EINTR)
      reason = std::strerror(errno);
  }
  if (reason.empty() && ::fsync(file) != 0)
    reason = std::strerror(errno);
  ::close(file);
  ::unlink(path.c_str());
  return reason;
}

} // namespace

result<std::unique_ptr<data_dir>> data_dir::open(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return unusable(path, "cannot be made: " + error.message() + "; set another folder (--data-dir)");
  const auto lock_path = path / "lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0)
    return unusable(path, std::string{"cannot be written: "} + std::strerror(errno) +
                              "; make room or set another folder (--data-dir)");
  std::unique_ptr<data_dir> out{new data_dir(path, lock)};
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return unusable(path, "is in use by another weftd; stop that one or set another folder (--data-dir)");
  if (const auto reason = probe(path); !reason.empty())
    return unusable(path, "cannot be written: " + reason + "; make room or set another folder (--data-dir)");
  return out;
}

data_dir::~data_dir() {
  ::close(lock_);
}

} // namespace weft
