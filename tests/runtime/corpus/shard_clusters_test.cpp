#include "runtime/corpus/shard_clusters.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

using namespace weft;
using namespace weft::test;

namespace {

/// What k-means came to: every checkpoint, and the labels of all items.
struct clustered {
  std::vector<cluster_checkpoint> steps;
  std::vector<uint32_t> labels;      ///< of this rank
  std::vector<int32_t> similarities; ///< of this rank
};

result<clustered> cluster(corpus_group& group, corpus_rows rows, cluster_checkpoint from, uint32_t iterations_max) {
  const auto shard = make_shard(group, std::move(rows), false);
  if (!shard)
    return shard.error();
  const auto clusters = static_cast<uint32_t>(from.centroids.size() / shard->dimensions);
  shard_clusters run(shard->dimensions, std::move(from), iterations_max, make_cpu_assigner(*shard, clusters));
  clustered out;
  while (!run.settled()) {
    if (auto iterated = run.iterate(group); !iterated)
      return iterated.error();
    out.steps.push_back(run.checkpoint());
  }
  const auto points = run.points(group);
  if (!points)
    return points.error();
  out.labels = points->labels;
  out.similarities = points->similarities;
  return out;
}

/// The same over all ranks, with the labels in the order of the items.
clustered cluster_over(const corpus_rows& all, const division& parts, const cluster_checkpoint& from,
                       uint32_t iterations_max) {
  const auto outcomes = on_ranks<result<clustered>>(all, parts, [&](corpus_group& group, corpus_rows rows) {
    return cluster(group, std::move(rows), from, iterations_max);
  });
  clustered out{{}, std::vector<uint32_t>(all.count()), std::vector<int32_t>(all.count())};
  for (size_t r = 0; r < parts.size(); ++r) {
    REQUIRE(outcomes[r]);
    CHECK(outcomes[r]->steps == outcomes[0]->steps);
    for (size_t i = 0; i < parts[r].size(); ++i) {
      out.labels[parts[r][i]] = outcomes[r]->labels[i];
      out.similarities[parts[r][i]] = outcomes[r]->similarities[i];
    }
  }
  out.steps = outcomes[0]->steps;
  return out;
}

cluster_checkpoint seeds_of(const corpus_rows& all, uint32_t clusters) {
  const auto points = points_of(all);
  return {0, false, radius_of(sum_of_squares(points), all.count()),
          seed_centroids(points, all.dimensions, clusters, 1)};
}

/// Of a device that has nobody to take over.
class lost_assigner final : public shard_assigner {
public:
  result<uint64_t> assign(std::span<const int8_t>) override { return failure{errc::engine_failed, "device lost"}; }
  const cluster_sums& sums() const noexcept override { return sums_; }
  result<assigned_points> points() override { return failure{errc::engine_failed, "device lost"}; }

private:
  cluster_sums sums_{4, 8};
};

} // namespace

TEST_CASE("k-means over 1, 2, 3 and 8 ranks is k-means in one place, to the bit") {
  const auto all = some_corpus(1, 400, 20, 9, 1.4F);
  const auto from = seeds_of(all, 9);
  for (const uint32_t iterations_max : {1u, 3u, 40u}) {
    const auto want = run_kmeans({20, points_of(all), from.centroids, iterations_max});
    if (iterations_max == 40)
      REQUIRE((want.iterations > 4 && want.iterations < 40));
    for (const auto& parts : all_divisions(400)) {
      const auto found = cluster_over(all, parts, from, iterations_max);
      CHECK(found.labels == want.labels);
      CHECK(found.similarities == want.similarities);
      CHECK(found.steps.back().centroids == want.centroids);
      CHECK(found.steps.back().iteration == want.iterations);
    }
  }
}

TEST_CASE("k-means goes on from each of its checkpoints as if nothing had happened, on other ranks") {
  const auto all = some_corpus(2, 300, 16, 8, 1.4F);
  const auto want = cluster_over(all, in_ranges({300}), seeds_of(all, 8), 40);
  REQUIRE(want.steps.size() > 4);
  const auto divisions = all_divisions(300);
  for (size_t i = 0; i < want.steps.size(); ++i) {
    const auto found = cluster_over(all, divisions[i % divisions.size()], want.steps[i], 40);
    CHECK(found.labels == want.labels);
    CHECK(found.similarities == want.similarities);
    CHECK(found.steps == std::vector(want.steps.begin() + static_cast<ptrdiff_t>(i) + 1, want.steps.end()));
  }
}

TEST_CASE("an assigner that fails on one rank ends the group, and every rank has a failure with a type") {
  const auto all = some_corpus(3, 90, 8);
  const auto from = seeds_of(all, 4);
  const auto codes = on_ranks<errc>(all, in_ranges({30, 30, 30}), [&](corpus_group& group, corpus_rows rows) {
    const auto shard = make_shard(group, std::move(rows), false);
    if (!shard)
      return shard.error().code;
    auto assigner = group.rank() == 1 ? std::unique_ptr<shard_assigner>{std::make_unique<lost_assigner>()}
                                      : make_cpu_assigner(*shard, 4);
    shard_clusters run(8, from, 10, std::move(assigner));
    const auto iterated = run.iterate(group);
    return iterated || run.checkpoint() != from ? errc::none : iterated.error().code;
  });
  CHECK(codes == std::vector<errc>{errc::unavailable, errc::engine_failed, errc::unavailable});
}
