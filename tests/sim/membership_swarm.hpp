#pragma once

#include <cstdint>
#include <string>

namespace weft::sim {

struct swarm_result {
  std::string problem; ///< empty: none
  uint64_t hash = 0;
  uint32_t nodes = 0;
  double healed_seconds = 0;
};

/// One random life of a cluster that follows from the seed alone. Safety phase, 60 s: loss, duplicates, stragglers,
/// cuts, crashes, restarts, pauses, leaves; at every second nobody may believe of a process what it never said. Then
/// all faults end, and within 30 s every view has to be true (liveness).
swarm_result run_swarm(uint64_t seed);

} // namespace weft::sim
