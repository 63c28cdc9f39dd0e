#include "runtime/points/held_shard.hpp"

#include "runtime/base/assert.hpp"

namespace weft {

namespace {

struct shard_steps {
  kmeans_shard& shard;
  std::vector<int8_t>& last;
  uint32_t dimensions;

  const std::vector<int8_t>& centroids() const { return last; }
  status restart() {
    const auto clusters = static_cast<uint32_t>(shard.sums.counts.size());
    shard = kmeans_shard(shard.points, dimensions, clusters);
    last.clear();
    return ok;
  }
  result<uint64_t> assign(const std::vector<int8_t>& centroids) {
    const uint64_t changed = weft::assign(shard, packed_columns(centroids, dimensions));
    last = centroids;
    return changed;
  }
};

} // namespace

assign_output held_shard::step(const assign_work& work) {
  shard_steps steps{shard_, centroids_, dimensions_};
  const auto changed = take_step(steps, work);
  WEFT_ASSERT(changed); // memory of this machine does not fail
  assign_output out{*changed, shard_.sums.sums, shard_.sums.counts, {}, {}};
  if (work.wants_labels) {
    out.labels = shard_.labels;
    out.similarities = shard_.similarities;
  }
  return out;
}

assign_output held_shards::step(const assign_work& work) {
  shards_.sweep();
  const auto clusters = static_cast<uint32_t>(work.centroids.size() / work.points->dimensions);
  auto held = shards_.take(work.points);
  if (!held || held->clusters() != clusters)
    held.emplace(*work.points, clusters);
  auto output = held->step(work);
  shards_.put(work.points, std::move(*held));
  return output;
}

} // namespace weft
