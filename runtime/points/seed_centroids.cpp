#include "runtime/points/seed_centroids.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <algorithm>
#include <limits>

namespace weft {

namespace {

/// Evenly spaced points, the first included.
std::vector<int8_t> sample(std::span<const int8_t> points, size_t dimensions, size_t wanted) {
  const size_t count = points.size() / dimensions;
  std::vector<int8_t> taken;
  taken.reserve(wanted * dimensions);
  for (size_t i = 0; i < wanted; ++i) {
    const auto point = points.subspan(i * count / wanted * dimensions, dimensions);
    taken.insert(taken.end(), point.begin(), point.end());
  }
  return taken;
}

/// Squared distances of all points to their nearest centroid.
class nearest_distances {
public:
  nearest_distances(std::span<const int8_t> points, uint32_t dimensions)
      : dimensions_(dimensions), packed_(points, dimensions), centroid_(dimensions, packed_.kernels()),
        distances_(packed_.count(), std::numeric_limits<uint32_t>::max()) {
    for (size_t p = 0; p < packed_.count(); ++p)
      squares_.push_back(static_cast<int64_t>(sum_of_squares(points.subspan(p * dimensions, dimensions))));
  }

  /// Takes a point in as a centroid. Returns the sum of all distances.
  uint64_t add(std::span<const int8_t> point) {
    centroid_.fill(point);
    const auto square = static_cast<int64_t>(sum_of_squares(point));
    uint64_t total = 0;
    int32_t products[panel_columns];
    for (size_t panel = 0; panel < packed_.panels(); ++panel) {
      packed_.kernels().multiply(centroid_.data(), 1, packed_.panel(panel), packed_.panel_count(panel), dimensions_,
                                 products, panel_columns);
      for (size_t i = 0; i < packed_.panel_count(panel); ++i) {
        const size_t p = panel * panel_columns + i;
        const auto distance = static_cast<uint32_t>(square + squares_[p] - 2 * int64_t{products[i]}); // at most 2^28
        distances_[p] = std::min(distances_[p], distance);
        total += distances_[p];
      }
    }
    return total;
  }

  /// The point in whose part of the sum `mark` lies. REQUIRES: mark < the sum.
  size_t find(uint64_t mark) const {
    size_t p = 0;
    for (; mark >= distances_[p]; ++p)
      mark -= distances_[p];
    return p;
  }

private:
  const uint32_t dimensions_;
  const packed_columns packed_;
  prepared_rows centroid_;
  std::vector<int64_t> squares_;
  std::vector<uint32_t> distances_;
};

} // namespace

std::vector<int8_t> seed_centroids(std::span<const int8_t> points, uint32_t dimensions, uint32_t clusters,
                                   uint64_t seed, const std::function<bool()>& go_on) {
  WEFT_ASSERT(dimensions > 0);
  const size_t count = points.size() / dimensions;
  WEFT_ASSERT(clusters > 0);
  WEFT_ASSERT(clusters <= count);
  const size_t wanted = std::min(count, std::max(seed_points_min, seed_points_per_cluster * clusters));
  const auto candidates = sample(points, dimensions, wanted);
  nearest_distances distances(candidates, dimensions);
  random_source draw(seed);
  std::vector<int8_t> centroids;
  centroids.reserve(size_t{clusters} * dimensions);
  size_t chosen = draw.next() % wanted;
  while (true) {
    const auto point = std::span(candidates).subspan(chosen * dimensions, dimensions);
    centroids.insert(centroids.end(), point.begin(), point.end());
    if (centroids.size() == size_t{clusters} * dimensions || (go_on && !go_on()))
      return centroids;
    const uint64_t total = distances.add(point);
    chosen = total > 0 ? distances.find(draw.next() % total) : draw.next() % wanted;
  }
}

} // namespace weft
