#pragma once

#include "tests/sim/membership_cluster.hpp"

#include <chrono>
#include <cstdint>

namespace weft::sim {

/// duration::max() stands for "not within the time that the scenario watches".
inline double seconds(duration time) {
  return time == duration::max() ? 1e9 : std::chrono::duration<double>(time).count();
}

struct crash_figures {
  duration first{};
  duration most{}; ///< 99 % of the views
  duration all{};
  false_deaths wrong;
  uint64_t hash = 0;
};
/// One of `nodes` acquainted nodes goes: its machine (silence), or only its process (`refuses`).
crash_figures crash_one(uint64_t seed, uint32_t nodes, bool refuses);

struct traffic_figures {
  double messages = 0; ///< sent per node and second
  false_deaths wrong;
  uint64_t suspicions = 0; ///< probes that failed, of all nodes
  uint64_t hash = 0;
  bool true_views = false; ///< at the end, without faults for 5 s
};
/// Nothing happens, under this loss, for this time.
traffic_figures quiet(uint64_t seed, uint32_t nodes, double loss, duration time);
/// This share of the nodes stalls again and again, each time up to 3 s, with up to 10 s between.
traffic_figures stalls(uint64_t seed, uint32_t nodes, double share, duration time);

enum class cut_kind : uint8_t { halves, one_way, flapping };

struct heal_figures {
  bool parted = false; ///< the cut did part the views
  duration healed{};   ///< from the end of the cut until all views are true
  uint64_t hash = 0;
};
/// Half of the nodes is cut off for `time`: both ways, one way, or both ways with changes every 3 s.
heal_figures part_and_heal(uint64_t seed, uint32_t nodes, cut_kind kind, duration time);

struct start_figures {
  duration ready{};    ///< until every node knows every node
  double messages = 0; ///< per node
  false_deaths wrong;
  uint64_t hash = 0;
};
/// What flaps, each time for a random while in `period_min` … `period_max`, cut and whole in turn.
enum class flap_kind : uint8_t {
  halves,    ///< the link between two halves, both ways
  one_way,   ///< the same, one way, the way being chosen anew each time
  few_nodes, ///< a tenth of the nodes (one at least), cut off from all others, each group by its own clock
};
struct flap_figures {
  uint32_t flaps = 0;
  bool parted = false; ///< less than half of the views were true when it stopped
  uint64_t deaths = 0; ///< verdicts while it flapped
  duration healed{};   ///< from the end of the last flap until all views are true
  uint64_t hash = 0;
};
/// A link that goes and comes for `time`, and then until most views are false (up to a minute); then it stays whole.
flap_figures flap(uint64_t seed, uint32_t nodes, flap_kind kind, duration period_min, duration period_max,
                  duration time);

/// All nodes start within a second and know three seeds.
start_figures cold_start(uint64_t seed, uint32_t nodes);

} // namespace weft::sim
