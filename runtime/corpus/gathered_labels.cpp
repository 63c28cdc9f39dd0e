#include "runtime/corpus/gathered_labels.hpp"

#include <algorithm>

namespace weft {

result<std::vector<uint32_t>> gather_labels(corpus_group& group, const corpus_shard& shard,
                                            const assigned_points& points, uint64_t items, uint32_t round) {
  std::vector<uint32_t> labels;
  labels.reserve(items);
  size_t mine = 0;
  for (uint64_t first = 0; first < items; first += round) {
    std::vector<int32_t> part(std::min<uint64_t>(round, items - first)); // each item is on one rank: 0 on the others
    for (; mine < shard.count() && shard.items[mine] < first + part.size(); ++mine)
      part[shard.items[mine] - first] = static_cast<int32_t>(points.labels[mine]);
    if (auto met = group.sum(part); !met)
      return met.error();
    labels.insert(labels.end(), part.begin(), part.end());
  }
  return labels;
}

} // namespace weft
