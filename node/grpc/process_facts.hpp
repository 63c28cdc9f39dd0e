#pragma once

#include "runtime/ports/device_monitor.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace weft {

/// A step of a cumulative histogram, as Prometheus has them.
struct latency_bucket {
  double seconds_max = 0; ///< infinite in the last one
  uint64_t calls = 0;     ///< that took at most so long, since the node started
};

/// What a node reports of its process beside the actors' snapshot.
struct process_facts {
  uint64_t memory_bytes = 0;                ///< resident; 0: not known
  std::vector<latency_bucket> call_latency; ///< of answered embed calls; empty: not measured
  std::vector<device_report> devices{};     ///< that this node computes on
};

/// Thread-safe; called a few times a second.
using process_look = std::function<process_facts()>;

/// The memory alone: for nodes without a meter.
process_facts look_at_process();

} // namespace weft
