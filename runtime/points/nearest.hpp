#pragma once

#include "runtime/ports/engine.hpp"

#include <cstdint>

namespace weft {

inline constexpr uint32_t nearest_count_max = 1'024; ///< of a query
inline constexpr uint64_t nearest_results_max = 4ULL << 20;

/// Every product of every query with every point is looked at. Equal to the bit on every machine. REQUIRES:
/// find_points_fault() found nothing.
nearest_output run_nearest(const nearest_work& work);

} // namespace weft
