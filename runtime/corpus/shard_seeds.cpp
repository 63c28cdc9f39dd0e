#include "runtime/corpus/shard_seeds.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/corpus/gathered_rows.hpp"
#include "runtime/points/seed_centroids.hpp"

#include <algorithm>

namespace weft {

uint64_t seeds_between_looks(uint64_t points, uint32_t dimensions) noexcept {
  constexpr uint64_t products = uint64_t{1} << 34;
  return std::max<uint64_t>(1, products / std::max<uint64_t>(1, points * dimensions));
}

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
  // Every rank draws the same, so all look at the same time.
  const uint64_t apart = seeds_between_looks(wanted, facts.dimensions);
  uint64_t drawn = 0;
  status going_on = ok;
  auto seeds = seed_centroids(sample->points, facts.dimensions, clusters, seed, [&] {
    if (++drawn % apart == 0)
      going_on = group.go_on();
    return static_cast<bool>(going_on);
  });
  if (!going_on)
    return going_on.error();
  return seeds;
}

} // namespace weft
