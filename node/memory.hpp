#pragma once

#include <cstdint>

namespace weft {

/// Memory that this process may use: the machine's, and no more than its control group allows (cgroup v2).
uint64_t usable_memory();

/// The limit that a control group's file says: a number of bytes; "max" and what cannot be read are none.
uint64_t memory_limit_in(const char* file);

} // namespace weft
