#include "runtime/corpus/shard_seeds.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/corpus/gathered_rows.hpp"
#include "runtime/points/seed_centroids.hpp"

#include <algorithm>

namespace weft {

result<std::vector<int8_t>> shard_seeds(corpus_group& group, const corpus_shard& shard, const corpus_facts& facts,
                                        uint32_t clusters, uint64_t seed) {
  WEFT_ASSERT(clusters > 0);
  WEFT_ASSERT(clusters <= facts.items);
  // The points that seed_centroids() would take of the whole; of just these it then takes all.
  const uint64_t wanted = std::min<uint64_t>(
      facts.items, std::max<uint64_t>(seed_points_min, uint64_t{seed_points_per_cluster} * clusters));
  std::string mine;
  size_t next = 0;
  for (uint64_t i = 0; i < wanted && next < shard.count(); ++i) {
    const uint64_t item = i * facts.items / wanted;
    while (next < shard.count() && shard.items[next] < item)
      ++next;
    if (next < shard.count() && shard.items[next] == item)
      append_row(mine, shard.items[next], shard.point(next));
  }
  auto blocks = group.gather(mine, seed_bytes_max);
  if (!blocks)
    return blocks.error();
  const auto sample = merge_rows(std::vector<std::string_view>(blocks->begin(), blocks->end()), facts.dimensions);
  if (!sample)
    return sample.error();
  if (sample->items.size() != wanted)
    return failure{errc::internal, "the ranks sent other points for the seeds than they were to"};
  return seed_centroids(sample->points, facts.dimensions, clusters, seed);
}

} // namespace weft
