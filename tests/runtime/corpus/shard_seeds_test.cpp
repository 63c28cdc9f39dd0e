#include "runtime/corpus/shard_seeds.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

using namespace weft;
using namespace weft::test;

namespace {

rank_work<result<std::vector<int8_t>>> seeding(uint32_t clusters, uint64_t seed) {
  return [=](corpus_group& group, corpus_rows rows) -> result<std::vector<int8_t>> {
    auto shard = make_shard(group, std::move(rows), false);
    if (!shard)
      return shard.error();
    const auto facts = measure_corpus(group, *shard);
    if (!facts)
      return facts.error();
    return shard_seeds(group, *shard, *facts, clusters, seed);
  };
}

} // namespace

TEST_CASE("seeds are those of one place, for every division") {
  const auto all = some_corpus(1, 300, 12);
  for (const auto& [clusters, seed] : {std::pair{1u, 1ull}, {9u, 2ull}, {300u, 3ull}}) {
    const auto want = seed_centroids(points_of(all), 12, clusters, seed);
    for (const auto& parts : all_divisions(300))
      CHECK(same_on_ranks<std::vector<int8_t>>(all, parts, seeding(clusters, seed)) == want);
  }
}

TEST_CASE("a look whether to go on comes every 2^34 products, or at each seed that takes more") {
  CHECK(seeds_between_looks(16'384, 384) == 2'730); // so never where nobody asks for more than 1 024 clusters
  CHECK(seeds_between_looks(1'048'576, 256) == 64); // 1 024 times for the most clusters that there may be
  CHECK(seeds_between_looks(1'048'576, 4'096) == 4);
  CHECK(seeds_between_looks(uint64_t{1} << 40, 4'096) == 1);
  CHECK(seeds_between_looks(0, 0) == uint64_t{1} << 34);
}

TEST_CASE("of more points than are looked at only these travel") {
  const auto all = some_corpus(2, 9'001, 4);
  REQUIRE(all.count() > seed_points_min);
  const auto want = seed_centroids(points_of(all), 4, 20, 5);
  for (const auto& parts : {in_ranges({9'001}), in_ranges({1, 0, 9'000}), scattered(1, 9'001, 3)})
    CHECK(same_on_ranks<std::vector<int8_t>>(all, parts, seeding(20, 5)) == want);
}
