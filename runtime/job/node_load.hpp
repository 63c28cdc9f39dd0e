#pragma once

#include <cstdint>

namespace weft {

/// How busy a node is right now, exact: it travels in every reply between nodes. (Gossip carries a coarse level.)
struct node_load {
  uint64_t queued_tokens = 0;   ///< that wait for an engine
  uint32_t calls_in_flight = 0; ///< admitted and not answered, from clients and peers
  uint32_t workers = 0;         ///< engines that are ready
  double tokens_per_second = 0; ///< of all workers lately, while they computed; 0 = nothing was computed yet
};

} // namespace weft
