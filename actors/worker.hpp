#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <memory>

namespace weft {

struct worker_setup {
  uint32_t number = 0; ///< what its pool knows it by; also the engine's index
  bool pin_thread = false;
  model_ptr model;
  worker_pool_actor pool;
  services_ptr services;
};

/// Duty: owns one engine and stands between it and the pool. Owner: its WORKER_POOL, with which it ends. When the
/// engine's device is lost it waits for what the engine still has, which comes back at once, and dies.
/// Threads: the engine is made and joined aside, since both may take long; its own thread only sends a message here.
struct worker_state {
  static inline const char* name = "worker";
  ~worker_state();

  worker_setup setup;
  std::unique_ptr<engine> device;
  uint32_t batches = 0; ///< that the engine has, and work on points
  bool stopping = false;
  bool lost = false; ///< the device computes no more
};
worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self, const worker_setup& setup);

} // namespace weft
