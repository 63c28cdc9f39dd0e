#include "runtime/corpus/shard_clusters.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

shard_clusters::shard_clusters(uint32_t dimensions, cluster_checkpoint from, uint32_t iterations_max,
                               std::unique_ptr<shard_assigner> assigner)
    : dimensions_(dimensions), iterations_max_(iterations_max), checkpoint_(std::move(from)),
      assigner_(std::move(assigner)), totals_(clusters(), dimensions) {
  WEFT_ASSERT(!checkpoint_.centroids.empty());
  WEFT_ASSERT(iterations_max > 0);
}

status shard_clusters::iterate(corpus_group& group) {
  WEFT_ASSERT(!checkpoint_.settled);
  auto centroids = checkpoint_.centroids;
  if (checkpoint_.iteration > 0) {
    if (auto restored = restore(group); !restored)
      return restored;
    update_centroids(totals_, checkpoint_.radius, centroids);
  }
  const auto changed = assign(group, centroids);
  if (!changed)
    return changed.error();
  assigned_ = true;
  checkpoint_.centroids = std::move(centroids);
  ++checkpoint_.iteration;
  checkpoint_.settled = *changed == 0 || checkpoint_.iteration >= iterations_max_;
  return ok;
}

result<assigned_points> shard_clusters::points(corpus_group& group) {
  if (auto restored = restore(group); !restored)
    return restored.error();
  auto points = assigner_->points();
  if (!points)
    return group.leave(points.error());
  return points;
}

status shard_clusters::restore(corpus_group& group) {
  if (assigned_)
    return ok;
  if (auto changed = assign(group, checkpoint_.centroids); !changed)
    return changed.error();
  assigned_ = true;
  return ok;
}

/// Labels here, sums everywhere. Returns how many labels changed on all ranks.
result<uint64_t> shard_clusters::assign(corpus_group& group, std::span<const int8_t> centroids) {
  const auto changed = assigner_->assign(centroids);
  if (!changed)
    return group.leave(changed.error());
  const auto& mine = assigner_->sums();
  // One verb for all of it: sums, counts, and how many changed, which the limit of items keeps within int32.
  std::vector<int32_t> values;
  values.reserve(mine.sums.size() + mine.counts.size() + 1);
  values.insert(values.end(), mine.sums.begin(), mine.sums.end());
  values.insert(values.end(), mine.counts.begin(), mine.counts.end());
  values.push_back(static_cast<int32_t>(*changed));
  if (auto met = group.sum(values); !met)
    return met.error();
  const auto counts = values.begin() + static_cast<ptrdiff_t>(totals_.sums.size());
  std::copy(values.begin(), counts, totals_.sums.begin());
  std::copy(counts, values.end() - 1, totals_.counts.begin());
  return static_cast<uint64_t>(values.back());
}

} // namespace weft
