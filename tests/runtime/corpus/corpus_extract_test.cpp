#include "runtime/corpus/corpus_extract.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <algorithm>
#include <set>

using namespace weft;
using namespace weft::test;

namespace {

using picks = std::vector<extract_pick>;

rank_work<result<picks>> extracting(const std::vector<int8_t>& centroids, const std::vector<near_duplicate>& duplicates,
                                    const extract_options& options) {
  return [=](corpus_group& group, corpus_rows rows) -> result<picks> {
    const auto labelled = label(group, std::move(rows), centroids);
    if (!labelled)
      return labelled.error();
    const auto marks = mark_duplicates(labelled->shard, duplicates);
    const auto clusters = summarize_clusters(group, labelled->shard, labelled->points, marks,
                                             static_cast<uint32_t>(centroids.size() / labelled->shard.dimensions));
    if (!clusters)
      return clusters.error();
    return plan_extract(group, labelled->shard, labelled->points, marks, *clusters, options);
  };
}

} // namespace

TEST_CASE("an extract is the same for every division and in rounds of any size") {
  const auto all = some_corpus(1, 300, 16);
  const auto points = points_of(all);
  const auto centroids = seed_centroids(points, 16, 8, 1);
  const auto labels = run_kmeans({16, points, centroids, 1});
  std::vector<near_duplicate> duplicates;
  for (uint32_t i = 2; i < 300; i += 5)
    duplicates.push_back({i, i - 2});
  for (const uint64_t budget : {uint64_t{2}, uint64_t{100}, uint64_t{900}, uint64_t{1'000'000}}) {
    // One filler over everything.
    std::vector<std::vector<extract_candidate>> of_clusters(8);
    uint64_t least = ~uint64_t{0}, total = 0;
    for (uint32_t i = 0; i < 300; ++i)
      if (i % 5 != 2)
        of_clusters[labels.labels[i]].push_back({i, labels.similarities[i], all.tokens[i]});
    std::vector<uint32_t> weights;
    for (auto& each : of_clusters) {
      std::sort(each.begin(), each.end(), is_nearer);
      weights.push_back(static_cast<uint32_t>(each.size()));
    }
    extract_filler filler(weights, budget);
    for (const uint32_t c : filler.run())
      filler.add(c, of_clusters[c], true);
    REQUIRE(filler.run().empty());
    auto want = filler.take_picks();
    std::sort(want.begin(), want.end(), [](auto& a, auto& b) { return a.item < b.item; });

    for (const uint32_t round_candidates : {1u, 30u, 100'000u})
      for (const auto& parts : all_divisions(300))
        CHECK(same_on_ranks<picks>(all, parts, extracting(centroids, duplicates, {budget, round_candidates})) == want);

    std::set<uint32_t> picked;
    for (const auto& pick : want) {
      CHECK(pick.item % 5 != 2);
      total += pick.tokens;
      picked.insert(pick.item);
    }
    for (uint32_t i = 0; i < 300; ++i)
      if (i % 5 != 2 && !picked.contains(i))
        least = std::min<uint64_t>(least, all.tokens[i]);
    CHECK(total <= budget);
    CHECK(least > budget - total); // filled
  }
}
