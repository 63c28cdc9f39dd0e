#pragma once

#include "runtime/ports/node_view.hpp"
#include "runtime/scaling/scaling_core.hpp"

#include <algorithm>
#include <chrono>

namespace weft {

/// Busy share of a pool's workers between two of its statuses, 0..1; 0 when the pool was restarted between them.
inline double utilization_between(const pool_status& before, const pool_status& now) noexcept {
  const auto seconds = [](duration d) { return std::chrono::duration<double>(d).count(); };
  const double time = seconds(now.taken - before.taken) * now.workers;
  return time > 0 && now.busy >= before.busy ? std::min(seconds(now.busy - before.busy) / time, 1.0) : 0;
}

/// What a scaling_core is told of a pool. `before` is null for the first status.
inline scaling_sample sample_of(const pool_status* before, const pool_status& now) noexcept {
  return {.workers = now.workers,
          .queued_tokens = now.queued_tokens,
          .tokens_done = now.tokens_done,
          .utilization = before != nullptr ? utilization_between(*before, now) : 0};
}

} // namespace weft
