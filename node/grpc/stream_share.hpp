#pragma once

#include "node/grpc/byte_budget.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace weft {

/// What all embed streams of a node may have together. Half of what the node takes, by default: the other half is for
/// unary callers, however many streams are open.
struct stream_share_limits {
  uint64_t bytes_max = 134'217'728; ///< of texts and answers (item_bytes a text) that streams hold
  uint32_t groups_max = 4'096;      ///< with the actors; a stream that has none there may always send one
  uint32_t items_max = 32'768;      ///< the same in texts
};

/// How much of it is in use. Thread-safe.
struct stream_share {
  explicit stream_share(const stream_share_limits& limits_) : limits(limits_), bytes(limits_.bytes_max) {}

  void went_out(size_t items) noexcept {
    groups_out += 1;
    items_out += items;
  }
  void came_back(size_t items) noexcept {
    groups_out -= 1;
    items_out -= items;
  }
  /// Streams that have something with the actors send no more.
  bool crowded() const noexcept { return groups_out >= limits.groups_max || items_out >= limits.items_max; }

  const stream_share_limits limits;
  byte_budget bytes;
  std::atomic<uint64_t> groups_out{0}, items_out{0};
  std::atomic<uint64_t> stopped{0}; ///< streams that are not read for want of room
};

} // namespace weft
