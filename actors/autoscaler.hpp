#pragma once

#include "actors/interfaces.hpp"
#include "runtime/scaling/scaling_core.hpp"

#include <map>
#include <string>

namespace weft {

/// Duty: decides how many workers each pool has: samples the pools' statuses (control path), asks one scaling_core a
/// pool, and tells a pool that has another number. A pool that does not answer keeps what it has. Owner:
/// NODE_SUPERVISOR. A restarted one takes over the sizes that it finds; a restarted pool is told its size again.
class autoscaler_state {
public:
  using self_pointer = autoscaler_actor::stateful_pointer<autoscaler_state>;
  static inline const char* name = "autoscaler";

  explicit autoscaler_state(self_pointer self) : self_(self) {}
  void start(const autoscaler_options& options) { options_ = options; }

  void wire(const wiring_ptr& wiring);
  void look();

private:
  struct scaled_pool {
    scaling_core core;
    pool_status_ptr last; ///< null before the first
  };
  void hear(const tree_wiring::pool& pool, const pool_status_ptr& latest);

  self_pointer self_;
  autoscaler_options options_;
  wiring_ptr wiring_;
  std::map<std::string, scaled_pool> pools_;
};

/// REQUIRES: options.sample_period < options.scaling.sample_gap_max.
autoscaler_actor::behavior_type autoscaler(autoscaler_state::self_pointer self, const autoscaler_options& options);

} // namespace weft
