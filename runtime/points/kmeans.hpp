#pragma once

#include "runtime/ports/engine.hpp"

#include <optional>

namespace weft {

inline constexpr uint64_t kmeans_points_max = 4ULL << 20;
inline constexpr uint32_t kmeans_clusters_max = 65'536;
inline constexpr uint32_t kmeans_iterations_max = 1'000;

/// Why this work cannot be done, errc::internal; or nothing. There may be no points.
std::optional<failure> find_fault(const kmeans_work& work);

/// Assigns, then moves the centroids, until no label changes or for iterations_max assignments: labels and similarities
/// always belong to the centroids that are returned, and iterations_max = 1 only assigns to those given. Equal to the
/// bit on every machine, and to any division of the points into shards (kmeans_steps.hpp). REQUIRES: find_fault() found
/// nothing.
kmeans_output run_kmeans(const kmeans_work& work);

} // namespace weft
