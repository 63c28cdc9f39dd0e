#include "runtime/corpus/shard_assigner.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <atomic>

using namespace weft;
using namespace weft::test;

namespace {

corpus_shard some_shard(uint64_t seed, uint32_t items) {
  auto all = some_corpus(seed, std::max(items, 1u), 16);
  corpus_shard shard{.dimensions = 16, .items = consecutive_items(0, items), .points = points_of(all)};
  shard.points.resize(size_t{items} * 16);
  return shard;
}

result<engine_output> run_here(const engine_work& work) {
  return engine_output{run_kmeans(std::get<kmeans_work>(work))};
}

} // namespace

TEST_CASE("an engine and this thread assign alike") {
  for (const uint32_t items : {0u, 1u, 500u}) {
    const auto shard = some_shard(1, items);
    random_source draw(2);
    const auto here = make_cpu_assigner(shard, 7);
    const auto there = make_engine_assigner(shard, 7, run_here);
    for (int round = 0; round < 5; ++round) {
      const auto centroids = random_points(draw, 7, 16);
      const auto changed = here->assign(centroids);
      REQUIRE(changed);
      if (round == 0)
        CHECK(*changed == items);
      CHECK(*there->assign(centroids) == *changed);
      CHECK(there->sums().sums == here->sums().sums);
      CHECK(there->sums().counts == here->sums().counts);
      CHECK(there->points()->labels == here->points()->labels);
      CHECK(there->points()->similarities.size() == (items == 0 ? 0 : items));
      if (items > 0)
        CHECK(there->points()->similarities == here->points()->similarities);
      CHECK(*there->assign(centroids) == 0);
      CHECK(*here->assign(centroids) == 0);
    }
  }
}

TEST_CASE("an engine that fails or answers nonsense is named") {
  const auto shard = some_shard(3, 20);
  const std::vector<int8_t> centroids(3 * 16, 1);
  const auto assign_by = [&](std::function<result<engine_output>(engine_work)> run) {
    const auto changed = make_engine_assigner(shard, 3, std::move(run))->assign(centroids);
    REQUIRE(!changed);
    return changed.error().code;
  };
  CHECK(assign_by([](engine_work) { return failure{errc::unavailable, "gone"}; }) == errc::unavailable);
  CHECK(assign_by([](engine_work) { return engine_output{similarity_output{}}; }) == errc::engine_failed);
  CHECK(assign_by([](engine_work) { return engine_output{kmeans_output{}}; }) == errc::engine_failed);
  CHECK(assign_by([](const engine_work& work) {
          auto output = run_kmeans(std::get<kmeans_work>(work));
          output.labels[5] = 3;
          return engine_output{output};
        }) == errc::engine_failed);
}
