#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/rank_link.hpp"

#include <cstdint>
#include <deque>
#include <string>

namespace weft {

/// Frames to one rank that wait to be written, as bytes and in order: at most rank_window pieces, and thrice as many
/// frames (credit, and an abort or a leave: no rank sends more before it is heard). Not thread-safe.
class rank_outbox {
public:
  /// Fails with errc::overloaded.
  status push(const rank_frame& frame);
  bool empty() const noexcept { return waiting_.empty(); }
  /// The frame that goes next. REQUIRES: not empty.
  std::string pop();

private:
  struct entry {
    std::string bytes;
    bool piece = false;
  };
  std::deque<entry> waiting_;
  uint64_t pieces_ = 0;
};

} // namespace weft
