#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>
#include <string>

namespace weft {

/// One backup of a node's jobs, of several in a folder.
struct backup_info {
  uint32_t id = 0;
  wall_time created{};
  uint64_t bytes = 0; ///< of its files, with those that it shares with other backups
  uint32_t files = 0;
  std::string node;     ///< whose jobs they are
  uint32_t format = 0;  ///< of the files
  bool damaged = false; ///< its list of files cannot be read, or one is missing or cut; the rest is empty
};

} // namespace weft
