#pragma once

#include <cstdint>

namespace weft {

/// What may be in flight in the node at once, and how large one call may be.
struct call_limits {
  uint32_t calls_max = 8'192;
  uint64_t bytes_max = 268'435'456; ///< of texts, all calls together
  uint32_t items_max = 1'024;       ///< texts in one call
  uint64_t text_bytes_max = 16'777'216;
  /// Below what a message may have (32 MiB), so that the caller hears this limit and not the transport's.
  uint64_t call_bytes_max = 31'457'280;
};

} // namespace weft
