#pragma once

#include "actors/interfaces.hpp"

namespace weft {

struct tokenizer_setup {
  uint32_t number = 0; ///< what its pool knows it by
  model_ptr model;
  worker_pool_actor pool;
};

/// Duty: tokenizes chunks one after the other. Owner: its WORKER_POOL, with which it ends. Keeps nothing between
/// chunks.
struct tokenizer_state {
  static inline const char* name = "tokenizer";
};
tokenizer_actor::behavior_type tokenizer(tokenizer_actor::stateful_pointer<tokenizer_state> self,
                                         const tokenizer_setup& setup);

} // namespace weft
