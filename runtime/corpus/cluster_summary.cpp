#include "runtime/corpus/cluster_summary.hpp"

#include <algorithm>
#include <limits>

namespace weft {

namespace {

/// What is nearer is larger; of equally near ones, the lower item.
int64_t nearness(int32_t similarity, uint32_t item) {
  return int64_t{similarity} * (int64_t{1} << 32) + (std::numeric_limits<uint32_t>::max() - item);
}

constexpr int64_t nobody_near = std::numeric_limits<int64_t>::min();

} // namespace

std::vector<uint8_t> mark_duplicates(const corpus_shard& shard, std::span<const near_duplicate> duplicates) {
  std::vector<uint8_t> marks(shard.count());
  size_t next = 0;
  for (const auto& duplicate : duplicates) {
    while (next < shard.count() && shard.items[next] < duplicate.item)
      ++next;
    if (next < shard.count() && shard.items[next] == duplicate.item)
      marks[next] = 1;
  }
  return marks;
}

result<std::vector<corpus_cluster>> summarize_clusters(corpus_group& group, const corpus_shard& shard,
                                                       const assigned_points& points,
                                                       std::span<const uint8_t> duplicates, uint32_t clusters) {
  std::vector<int32_t> counts(size_t{clusters} * 2);
  std::vector<int64_t> nearest(clusters, nobody_near);
  for (size_t i = 0; i < shard.count(); ++i) {
    const uint32_t cluster = points.labels[i];
    ++counts[size_t{cluster} * 2];
    if (duplicates[i])
      continue;
    ++counts[size_t{cluster} * 2 + 1];
    nearest[cluster] = std::max(nearest[cluster], nearness(points.similarities[i], shard.items[i]));
  }
  if (auto met = group.sum(counts); !met)
    return met.error();
  if (auto met = group.maximum(nearest); !met)
    return met.error();
  std::vector<corpus_cluster> summary(clusters);
  for (size_t c = 0; c < clusters; ++c) {
    summary[c].items = static_cast<uint32_t>(counts[c * 2]);
    summary[c].distinct = static_cast<uint32_t>(counts[c * 2 + 1]);
    if (nearest[c] == nobody_near)
      continue;
    summary[c].representative = std::numeric_limits<uint32_t>::max() - static_cast<uint32_t>(nearest[c] & 0xFFFFFFFF);
    summary[c].similarity = static_cast<int32_t>(nearest[c] >> 32);
  }
  return summary;
}

} // namespace weft
