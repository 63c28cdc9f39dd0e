#pragma once

#include "runtime/ports/node_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace weft {

/// The load level that rides on gossip, 0 idle … 15 full: half of it is the busy share of the engines, half how much
/// waits beside one large batch a worker (16 384 tokens): waiting / (waiting + batches).
inline uint8_t coarse_load(const node_snapshot& node) {
  constexpr double batch_tokens = 16'384;
  double busy = 0;
  double waiting = 0;
  double workers = 0;
  for (const auto& pool : node.pools) {
    busy += std::clamp(pool.utilization, 0.0, 1.0) * pool.workers;
    waiting += static_cast<double>(pool.queued_tokens);
    workers += pool.workers;
  }
  if (workers == 0)
    return 0;
  const double queue = waiting / (waiting + batch_tokens * workers);
  return static_cast<uint8_t>(std::lround(15 * (busy / workers + queue) / 2));
}

} // namespace weft
