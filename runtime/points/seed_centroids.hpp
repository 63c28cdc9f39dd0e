#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace weft {

/// Points that are looked at for each centroid to be placed, and at least.
inline constexpr size_t seed_points_per_cluster = 16;
inline constexpr size_t seed_points_min = 4'096;

/// Centroids to begin with: k-means++ (Arthur and Vassilvitskii, 2007) in integers, so the same on every machine. The
/// first is drawn evenly, each further one with a chance proportional to its squared distance to the nearest one so
/// far. Of more points than max(4 096, 16 · clusters) it looks at as many, evenly spaced. Where fewer points differ
/// than there are clusters, the rest are points drawn already. points: [points, dimensions]; returns [clusters,
/// dimensions]. go_on: asked before each further centroid (each looks at all points); where it says no, those that were
/// drawn so far are returned; empty: always yes. REQUIRES: 1 <= clusters <= points.
std::vector<int8_t> seed_centroids(std::span<const int8_t> points, uint32_t dimensions, uint32_t clusters,
                                   uint64_t seed, const std::function<bool()>& go_on = {});

} // namespace weft
