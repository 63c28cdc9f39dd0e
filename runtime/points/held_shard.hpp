#pragma once

#include "runtime/points/held_table.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft {

/// Points of which an engine keeps something at once: corpora that a node works on, and those that are searched.
inline constexpr size_t held_points_max = 16;

/// Brings Steps to the labels of the work's centroids; returns how many changed since its `before`. Steps: centroids(),
/// those of the last assign() or none; restart() → status, as if there had been none; assign(centroids) →
/// result<uint64_t>, labels that changed. After a failure nothing is known of the labels.
template <class Steps> result<uint64_t> take_step(Steps& steps, const assign_work& work) {
  if (!std::ranges::equal(steps.centroids(), work.before)) {
    if (const status restarted = steps.restart(); !restarted)
      return restarted.error();
    if (!work.before.empty())
      if (const result<uint64_t> assigned = steps.assign(work.before); !assigned)
        return assigned.error();
  }
  if (work.before == work.centroids)
    return uint64_t{0};
  return steps.assign(work.centroids);
}

/// k-means on points that this memory has. The points outlive every call, not the shard.
class held_shard {
public:
  held_shard(const shared_points& points, uint32_t clusters)
      : dimensions_(points.dimensions), shard_(points.values, points.dimensions, clusters) {}

  uint32_t clusters() const noexcept { return static_cast<uint32_t>(shard_.sums.counts.size()); }
  /// REQUIRES: find_points_fault() found nothing; the same points, as many clusters.
  assign_output step(const assign_work& work);

private:
  const uint32_t dimensions_;
  kmeans_shard shard_;
  std::vector<int8_t> centroids_;
};

/// assign_work on a CPU, each step from where the one before has led.
class held_shards {
public:
  /// REQUIRES: find_points_fault() found nothing.
  assign_output step(const assign_work& work);

private:
  held_table<held_shard> shards_{held_points_max};
};

} // namespace weft
