#pragma once

#include "runtime/corpus/shard_assigner.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace weft {

/// k-means between two iterations: enough to go on on any ranks, with any division of the items.
struct cluster_checkpoint {
  uint32_t iteration = 0; ///< assignments that were done; 0: there are only seeds
  bool settled = false;   ///< the last of them was the end
  uint64_t radius = 0;    ///< radius_of() all points
  /// [clusters, dimensions], as they were for the last assignment: assigning to them once more gives the labels back,
  /// so that the next iteration changes as many as if nothing had happened.
  std::vector<int8_t> centroids;

  bool operator==(const cluster_checkpoint&) const = default;
};

/// k-means over the points of all ranks, an iteration a call: the same bits as run_kmeans() over all of them in one
/// place. What travels is the sums and counts of clusters. After a failure make a new one of the last checkpoint().
class shard_clusters {
public:
  /// REQUIRES: from.centroids is not empty; iterations_max > 0; the assigner is fresh.
  shard_clusters(uint32_t dimensions, cluster_checkpoint from, uint32_t iterations_max,
                 std::unique_ptr<shard_assigner> assigner);

  bool settled() const noexcept { return checkpoint_.settled; }
  uint32_t clusters() const noexcept { return static_cast<uint32_t>(checkpoint_.centroids.size() / dimensions_); }

  /// Moves the centroids, but for the first time, and assigns. One verb, two after a new start. REQUIRES: not settled.
  status iterate(corpus_group& group);

  /// Of the last whole iteration. The same on every rank.
  const cluster_checkpoint& checkpoint() const noexcept { return checkpoint_; }

  /// This rank's labels by the checkpoint's centroids. No verb, but after a new start one.
  result<assigned_points> points(corpus_group& group);

private:
  status restore(corpus_group& group);
  result<uint64_t> assign(corpus_group& group, std::span<const int8_t> centroids);

  const uint32_t dimensions_;
  const uint32_t iterations_max_;
  cluster_checkpoint checkpoint_;
  std::unique_ptr<shard_assigner> assigner_;
  bool assigned_ = false; ///< the assigner has the checkpoint's labels
  cluster_sums totals_;   ///< of all ranks, by these labels
};

} // namespace weft
