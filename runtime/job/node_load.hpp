#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft {

/// Engines of a node that are alike, and how fast each of them is. A batch takes one of them
/// `batch_seconds + tokens / tokens_per_second`.
struct engine_group {
  uint32_t engines = 0;
  double batch_seconds = 0;
  double tokens_per_second = 0; ///< of one engine, beyond the fixed part
};

/// Kinds of engines that a node tells of; further ones it keeps to itself.
inline constexpr size_t engine_groups_max = 4;

/// How busy a node is right now, exact: it travels in every reply between nodes. (Gossip carries a coarse level.)
struct node_load {
  uint64_t queued_tokens = 0;   ///< that wait for an engine
  uint32_t calls_in_flight = 0; ///< admitted and not answered, from clients and peers
  uint32_t workers = 0;         ///< engines that are ready
  double tokens_per_second = 0; ///< of all workers lately, while they computed; 0 = nothing was computed yet
  /// Those that were measured; one without engines ends the list.
  std::array<engine_group, engine_groups_max> groups{};
};

/// Adds to a load's groups; false where there is no more room.
constexpr bool add_group(node_load& to, const engine_group& group) noexcept {
  for (auto& place : to.groups)
    if (place.engines == 0) {
      place = group;
      return true;
    }
  return false;
}

} // namespace weft
