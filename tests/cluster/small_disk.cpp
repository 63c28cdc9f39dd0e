#include "tests/cluster/small_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace weft::test {

small_disk::small_disk(const std::string& size) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0)
    problem_ = std::strerror(errno);
}

small_disk::~small_disk() {
  if (problem_.empty())
    ::umount2(folder_.path().c_str(), MNT_DETACH);
}

void small_disk::fill() {
  const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  const off_t begin = ::lseek(file, 0, SEEK_END);
  for (off_t step = 1 << 20, at = begin; step >= 4'096;)
    if (::posix_fallocate(file, at, step) == 0)
      at += step;
    else
      step /= 2;
  ::close(file);
}

void small_disk::make_room(uintmax_t bytes) {
  const auto size = std::filesystem::file_size(filler());
  std::filesystem::resize_file(filler(), size - std::min(size, bytes));
}

} // namespace weft::test
