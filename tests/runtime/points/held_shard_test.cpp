#include "runtime/points/held_shard.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/points_work.hpp"
#include "tests/runtime/points/points_checks.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("a step is the same whether the engine did the one before it, another one, or none") {
  random_source draw(1);
  for (const size_t count : {0u, 1u, 300u}) {
    const auto points = share(random_points(draw, count, 12), 12);
    held_shards held;
    kmeans_shard plain(points->values, 12, 5);
    std::vector<int8_t> before;
    for (int i = 0; i < 8; ++i) {
      const auto centroids = i == 4 ? before : random_points(draw, 5, 12);
      const assign_work work{points, before, centroids, true};
      REQUIRE_FALSE(find_points_fault(work));
      const auto got = held.step(work);
      check_step(got, work);
      CHECK(got.changed == assign(plain, packed_columns(centroids, 12)));
      CHECK(got.labels == plain.labels);
      CHECK(got.sums == plain.sums.sums);
      if (i == 5)
        held.step({points, {}, random_points(draw, 5, 12), false}); // of another corpus job
      if (i == 6)
        held.step({points, {}, random_points(draw, 3, 12), false});
      before = centroids;
    }
    CHECK(held.step({points, before, before, false}).labels.empty());
  }
}

TEST_CASE("sums of as many points as there may be, of the largest value, fit") {
  const auto points = share(std::vector<int8_t>(kmeans_points_max, -128), 1);
  held_shards held;
  const std::vector<int8_t> first{-1, 1}, second{1, -1};
  const auto all = held.step({points, {}, first});
  CHECK(all.sums == std::vector<int32_t>{-(1 << 29), 0});
  CHECK(all.counts == std::vector<int32_t>{1 << 22, 0});
  const auto moved = held.step({points, first, second});
  CHECK(moved.changed == kmeans_points_max);
  CHECK(moved.sums == std::vector<int32_t>{0, -(1 << 29)});
}

TEST_CASE("what is kept of points goes with them, and what was not used for long makes room") {
  held_table<int> table(2);
  auto first = share({1}, 1), second = share({2}, 1);
  const auto third = share({3}, 1);
  table.put(first, 1);
  table.put(second, 2);
  CHECK(table.take(third) == std::nullopt);
  CHECK(table.take(first) == 1);
  CHECK(table.take(first) == std::nullopt);
  table.put(first, 4); // the second is the oldest now
  table.put(third, 3);
  CHECK(table.take(second) == std::nullopt);
  CHECK(table.size() == 2);
  first.reset();
  table.sweep();
  CHECK(table.size() == 1);
  CHECK(table.erase_all());
  CHECK_FALSE(table.erase_all());
  CHECK(table.take(third) == std::nullopt);
}

TEST_CASE("nothing is kept alive by an engine that knows points") {
  auto owner = std::make_shared<const std::vector<int8_t>>(40, 1);
  auto points = std::make_shared<const shared_points>(shared_points{4, *owner, owner});
  held_shards held;
  held.step({points, {}, std::vector<int8_t>(8, 1), false});
  points.reset();
  CHECK(owner.use_count() == 1);
}
