#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weft {

/// One choice of the table that measurements would change.
struct compress_table_change {
  std::string content; ///< "prose"
  std::string size;    ///< "small", "large"
  std::string from;    ///< strategies
  std::string to;
  std::string reason; ///< for people, with the figures
};

/// The table by which `compress` with strategy auto chooses, and what this node has learnt about it.
struct compress_table {
  std::string text;          ///< in canonical form, as the setting compress.policy takes it
  std::string version;       ///< as replies name it
  std::string release_text;  ///< the release's own
  uint64_t texts_tried = 0;  ///< on which several strategies were tried, since the node started
  std::string proposed_text; ///< "": nothing to change
  std::string proposed_version;
  std::vector<compress_table_change> changes; ///< what the proposal changes
};

/// The way to whoever knows; `done` is called once, on any thread. Errors: errc::unavailable.
using compress_table_door = std::function<void(std::function<void(result<compress_table>)> done)>;

} // namespace weft
