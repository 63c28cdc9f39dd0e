#pragma once

#include "runtime/settings/settings_entry.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// What an operator asks of the settings.
struct settings_request {
  enum class verb : uint8_t { list, get, set, remove, clear_cache };
  verb what = verb::list;
  std::string key;   ///< of get, set, remove; of list: its beginning, "" for all
  std::string value; ///< of set
};

/// list: all live entries, by key. get, set: the entry as it is now. remove: its tombstone. clear_cache: the entry of
/// cache.generation.
using settings_rows = std::vector<settings_entry>;

} // namespace weft
