#pragma once

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace weft::test {

/// So that the next reader of these files reads the disk, as after a restart of the machine.
inline void drop_from_page_cache(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const int file = entry.is_regular_file() ? ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
      continue;
    ::fdatasync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

} // namespace weft::test
