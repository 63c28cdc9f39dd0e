#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "runtime/registry/operation_registry.hpp"

#include <memory>
#include <string>
#include <vector>

namespace weft {

struct gateway_setup {
  std::shared_ptr<const operation_registry> operations;
  std::vector<std::string> models; ///< that the node knows; the first is the default
};

/// Duty: finds the pool for a call, or says why there is none. Owner: NODE_SUPERVISOR. Keeps no call.
/// Credit is taken before its mailbox, on the caller's thread: see door.
struct gateway_state {
  static inline const char* name = "gateway";

  gateway_setup setup;
  wiring_ptr wiring;
};
gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, const gateway_setup& setup);

} // namespace weft
