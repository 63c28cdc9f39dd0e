#include "runtime/corpus/cluster_summary.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

using namespace weft;
using namespace weft::test;

namespace {

using summary = std::vector<corpus_cluster>;

rank_work<result<summary>> summarizing(const std::vector<int8_t>& centroids,
                                       const std::vector<near_duplicate>& duplicates) {
  return [=](corpus_group& group, corpus_rows rows) -> result<summary> {
    const auto labelled = label(group, std::move(rows), centroids);
    if (!labelled)
      return labelled.error();
    return summarize_clusters(group, labelled->shard, labelled->points, mark_duplicates(labelled->shard, duplicates),
                              static_cast<uint32_t>(centroids.size() / labelled->shard.dimensions));
  };
}

} // namespace

TEST_CASE("sizes and representatives are those of one place, for every division") {
  const auto all = some_corpus(1, 300, 16);
  const auto points = points_of(all);
  const auto centroids = seed_centroids(points, 16, 8, 1);
  std::vector<near_duplicate> duplicates;
  for (uint32_t i = 3; i < 300; i += 4)
    duplicates.push_back({i, i - 3});
  const auto labels = run_kmeans({16, points, centroids, 1});
  summary want(8);
  std::vector<bool> has_one(8);
  for (uint32_t i = 0; i < 300; ++i) {
    auto& cluster = want[labels.labels[i]];
    ++cluster.items;
    if (i % 4 == 3)
      continue;
    ++cluster.distinct;
    if (!has_one[labels.labels[i]] || labels.similarities[i] > cluster.similarity) {
      cluster.representative = i;
      cluster.similarity = labels.similarities[i];
      has_one[labels.labels[i]] = true;
    }
  }
  for (const auto& parts : all_divisions(300))
    CHECK(same_on_ranks<summary>(all, parts, summarizing(centroids, duplicates)) == want);
}

TEST_CASE(
    "of equally near items the lowest stands for its cluster, also where all are far; an empty cluster has none") {
  corpus_rows all{1, consecutive_items(0, 120), std::vector<float>(120, -0.5F), std::vector<uint32_t>(120, 1), {}};
  all.sources.resize(120);
  const std::vector<int8_t> centroids{1, 2}; // all products are negative: the smaller centroid has them
  for (const auto& parts : all_divisions(120)) {
    const auto found = same_on_ranks<summary>(all, parts, summarizing(centroids, {{0, 0}, {1, 0}}));
    CHECK(found == summary{{120, 118, 2, -64}, {}});
  }
}
