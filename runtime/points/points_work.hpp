#pragma once

#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <optional>

namespace weft {

/// Why this work on points cannot be done, errc::internal; or nothing. Of a batch of texts: nothing.
std::optional<failure> find_points_fault(const engine_work& work);

/// Does it on this thread and keeps nothing: what every engine has to answer, to the bit. REQUIRES: no batch of texts,
/// and find_points_fault() found nothing.
engine_output run_points(const engine_work& work);

/// Multiply-adds that work on points takes at most: rows × columns × dimensions of similarities; points × clusters ×
/// dimensions of k-means, for each iteration that it may have (a step that only asks for labels: points); points²/2 ×
/// dimensions of leaders; what is encoded counts as its numbers. 0 for a batch, and for work that is not well formed.
uint64_t products_of(const engine_work& work) noexcept;

} // namespace weft
