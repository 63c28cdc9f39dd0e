#include "runtime/points/quantize.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace {

using namespace weft;

std::set<std::vector<int8_t>> rows_of(const std::vector<int8_t>& values, size_t dimensions) {
  std::set<std::vector<int8_t>> rows;
  for (size_t i = 0; i < values.size(); i += dimensions)
    rows.insert({values.begin() + static_cast<ptrdiff_t>(i), values.begin() + static_cast<ptrdiff_t>(i + dimensions)});
  return rows;
}

} // namespace

TEST_CASE("seeds are points, all different where the points are, and follow from the seed") {
  random_source draw(5);
  const auto points = random_points(draw, 300, 16);
  const auto seeds = seed_centroids(points, 16, 300, 7);
  CHECK(rows_of(seeds, 16) == rows_of(points, 16));
  CHECK(seed_centroids(points, 16, 20, 7) == seed_centroids(points, 16, 20, 7));
  CHECK(seed_centroids(points, 16, 20, 7) != seed_centroids(points, 16, 20, 8));
}

TEST_CASE("whoever says that it is enough gets the seeds so far, the same as ever") {
  random_source draw(5);
  const auto points = random_points(draw, 300, 16);
  const auto want = seed_centroids(points, 16, 20, 7);
  for (const size_t stop_at : {1, 7, 19}) {
    size_t asked = 0;
    const auto some = seed_centroids(points, 16, 20, 7, [&] { return ++asked < stop_at; });
    CHECK(asked == stop_at);
    CHECK(some == std::vector<int8_t>(want.begin(), want.begin() + static_cast<ptrdiff_t>(stop_at * 16)));
  }
  size_t asked = 0;
  CHECK(seed_centroids(points, 16, 20, 7, [&] { return ++asked > 0; }) == want);
  CHECK(asked == 19); // not after the last
}

TEST_CASE("seeds are these on every machine") {
  std::vector<int8_t> points;
  for (int i = 0; i < 40; ++i)
    points.insert(points.end(), {static_cast<int8_t>(i * 37 % 101 - 50), static_cast<int8_t>(i * 53 % 89 - 44)});
  CHECK(seed_centroids(points, 2, 4, 1) == std::vector<int8_t>{-34, 35, -27, -33, 37, 3, 0, 39});
}

TEST_CASE("points that are far apart are found first") {
  random_source draw(6);
  const auto points = quantize_points(clustered_rows(draw, 800, 64, 8, 0.1F), 64);
  const auto seeds = seed_centroids(points.values, 64, 8, 1);
  std::set<size_t> topics;
  for (size_t s = 0; s < 8; ++s)
    for (size_t p = 0; p < 800; ++p)
      if (std::equal(seeds.begin() + static_cast<ptrdiff_t>(s * 64),
                     seeds.begin() + static_cast<ptrdiff_t>((s + 1) * 64),
                     points.values.begin() + static_cast<ptrdiff_t>(p * 64)))
        topics.insert(p % 8);
  CHECK(topics.size() == 8);
}

TEST_CASE("fewer different points than clusters, and more points than are looked at") {
  const std::vector<int8_t> same(10 * 3, 5);
  CHECK(seed_centroids(same, 3, 10, 1) == same);
  random_source draw(7);
  const auto many = random_points(draw, 3 * seed_points_min, 2);
  CHECK(seed_centroids(many, 2, 5, 1).size() == 10);
}
