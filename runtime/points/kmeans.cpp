#include "runtime/points/kmeans.hpp"

#include "runtime/points/kmeans_steps.hpp"
#include "runtime/points/similarity.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace weft {

// What int32 has to hold (README): a sum of one dimension over all points, the sum of all counts, and one product.
static_assert(kmeans_points_max * 128 < INT32_MAX);
static_assert(uint64_t{point_dimensions_max} * 128 * 128 < INT32_MAX);

std::optional<failure> find_fault(const kmeans_work& work) {
  const auto fault = [](const char* what) {
    return failure{errc::internal, std::string("malformed k-means: ") + what};
  };
  if (work.dimensions == 0 || work.dimensions > point_dimensions_max)
    return fault("dimensions");
  if (work.points.size() % work.dimensions != 0)
    return fault("points are cut");
  if (work.points.size() / work.dimensions > kmeans_points_max)
    return fault("too many points");
  if (work.centroids.size() % work.dimensions != 0)
    return fault("centroids are cut");
  if (work.centroids.empty())
    return fault("no clusters");
  if (work.centroids.size() / work.dimensions > kmeans_clusters_max)
    return fault("too many clusters");
  if (work.iterations_max == 0 || work.iterations_max > kmeans_iterations_max)
    return fault("iterations");
  return std::nullopt;
}

kmeans_output run_kmeans(const kmeans_work& work) {
  const auto clusters = static_cast<uint32_t>(work.centroids.size() / work.dimensions);
  kmeans_shard all(work.points, work.dimensions, clusters);
  const uint64_t radius = radius_of(sum_of_squares(work.points), all.labels.size());
  kmeans_output output;
  output.centroids = work.centroids;
  while (true) {
    ++output.iterations;
    const uint64_t changed = assign(all, packed_columns(output.centroids, work.dimensions));
    if (changed == 0 || output.iterations == work.iterations_max)
      break;
    update_centroids(all.sums, radius, output.centroids);
  }
  output.labels = std::move(all.labels);
  output.similarities = std::move(all.similarities);
  return output;
}

} // namespace weft
