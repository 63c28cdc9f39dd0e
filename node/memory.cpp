#include "node/memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <unistd.h>

namespace weft {

uint64_t memory_limit_in(const char* file) {
  std::ifstream in{file};
  uint64_t bytes = 0;
  return in >> bytes ? bytes : std::numeric_limits<uint64_t>::max();
}

uint64_t usable_memory() {
  const auto pages = static_cast<uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
  return std::min(pages * page, memory_limit_in("/sys/fs/cgroup/memory.max"));
}

} // namespace weft
