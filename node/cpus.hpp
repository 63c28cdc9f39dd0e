#pragma once

#include <cstdint>

namespace weft {

/// CPUs that this process may use: those of its affinity, and no more than its control group's quota (rounded up), so
/// that a container with two CPUs on a large machine starts two engines. At least 1.
uint32_t usable_cpus();

} // namespace weft
