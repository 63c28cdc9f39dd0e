#include "runtime/points/kmeans.hpp"
#include "runtime/points/kmeans_steps.hpp"
#include "runtime/points/quantize.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace {

using namespace weft;

kmeans_work topics_work(uint64_t seed, size_t points, uint32_t dimensions, uint32_t topics, float spread) {
  random_source draw(seed);
  auto quantized = quantize_points(clustered_rows(draw, points, dimensions, topics, spread), dimensions);
  auto centroids = seed_centroids(quantized.values, dimensions, topics, seed);
  return {dimensions, std::move(quantized.values), std::move(centroids)};
}

/// k-means as several machines would do it: shards of these sizes, which know nothing of each other.
kmeans_output run_sharded(const kmeans_work& work, const std::vector<size_t>& sizes) {
  const auto clusters = static_cast<uint32_t>(work.centroids.size() / work.dimensions);
  std::vector<kmeans_shard> shards;
  uint64_t squares = 0;
  size_t first = 0;
  for (const size_t size : sizes) {
    shards.emplace_back(std::span(work.points).subspan(first * work.dimensions, size * work.dimensions),
                        work.dimensions, clusters);
    squares += sum_of_squares(shards.back().points);
    first += size;
  }
  REQUIRE(first * work.dimensions == work.points.size());
  kmeans_output output{.centroids = work.centroids};
  for (output.iterations = 1;; ++output.iterations) {
    const packed_columns centroids(output.centroids, work.dimensions);
    uint64_t changed = 0;
    cluster_sums sums(clusters, work.dimensions);
    for (size_t s = shards.size(); s-- > 0;) { // any order
      changed += assign(shards[s], centroids);
      sums.add(shards[s].sums);
    }
    if (changed == 0 || output.iterations == work.iterations_max)
      break;
    update_centroids(sums, radius_of(squares, first), output.centroids);
  }
  for (const auto& shard : shards) {
    output.labels.insert(output.labels.end(), shard.labels.begin(), shard.labels.end());
    output.similarities.insert(output.similarities.end(), shard.similarities.begin(), shard.similarities.end());
  }
  return output;
}

/// The contract in the plainest way: floats nowhere, no kernels, sums from nothing in every iteration.
kmeans_output run_plainly(const kmeans_work& work) {
  const size_t d = work.dimensions;
  const size_t points = work.points.size() / d, clusters = work.centroids.size() / d;
  uint64_t squares = 0;
  for (const int x : work.points)
    squares += static_cast<uint64_t>(x * x);
  kmeans_output output{.labels = std::vector<uint32_t>(points, no_cluster),
                       .similarities = std::vector<int32_t>(points),
                       .centroids = work.centroids};
  for (output.iterations = 1;; ++output.iterations) {
    bool changed = false;
    cluster_sums sums(static_cast<uint32_t>(clusters), work.dimensions);
    for (size_t p = 0; p < points; ++p) {
      uint32_t label = 0;
      int32_t best = 0;
      for (uint32_t c = 0; c < clusters; ++c) {
        int32_t product = 0;
        for (size_t i = 0; i < d; ++i)
          product += work.points[p * d + i] * output.centroids[c * d + i];
        if (c == 0 || product > best) {
          best = product;
          label = c;
        }
      }
      changed = changed || output.labels[p] != label;
      output.labels[p] = label;
      output.similarities[p] = best;
      ++sums.counts[label];
      for (size_t i = 0; i < d; ++i)
        sums.sums[label * d + i] += work.points[p * d + i];
    }
    if (!changed || output.iterations == work.iterations_max)
      return output;
    update_centroids(sums, radius_of(squares, points), output.centroids);
  }
}

void check_equal(const kmeans_output& a, const kmeans_output& b) {
  CHECK(a.labels == b.labels);
  CHECK(a.similarities == b.similarities);
  CHECK(a.centroids == b.centroids);
  CHECK(a.iterations == b.iterations);
}

} // namespace

TEST_CASE("points of separate topics end in a cluster a topic") {
  const auto work = topics_work(1, 1'000, 64, 10, 0.3F);
  const auto output = run_kmeans(work);
  std::map<uint32_t, std::set<size_t>> topics;
  for (size_t p = 0; p < 1'000; ++p)
    topics[output.labels[p]].insert(p % 10);
  CHECK(topics.size() == 10);
  for (const auto& [label, found] : topics)
    CHECK(found.size() == 1);
  CHECK(output.iterations < work.iterations_max);
}

TEST_CASE("k-means equals its contract, written plainly") {
  for (const auto& work : {topics_work(2, 500, 20, 7, 1), topics_work(3, 333, 100, 70, 2), topics_work(4, 5, 3, 5, 1)})
    check_equal(run_kmeans(work), run_plainly(work));
}

TEST_CASE("however the points are divided, labels and centroids are the same") {
  auto work = topics_work(5, 1'000, 48, 12, 1.5F);
  work.iterations_max = 40;
  const auto want = run_kmeans(work);
  CHECK(want.iterations > 3);
  for (const auto& sizes : std::vector<std::vector<size_t>>{
           {1'000}, {1, 999}, {0, 500, 500}, {333, 333, 334, 0}, {7, 100, 0, 48, 49, 0, 295, 501}})
    check_equal(run_sharded(work, sizes), want);
}

TEST_CASE("centroids have the length of the points") {
  const auto work = topics_work(6, 400, 384, 4, 1);
  const auto output = run_kmeans(work);
  const double radius = static_cast<double>(radius_of(sum_of_squares(work.points), 400)) / 256;
  for (size_t c = 0; c < 4; ++c) {
    const auto squares = sum_of_squares(std::span(output.centroids).subspan(c * 384, 384));
    CHECK(std::sqrt(static_cast<double>(squares)) == doctest::Approx(radius).epsilon(0.01));
  }
}

TEST_CASE("a mean is rounded as its formula says") {
  struct row {
    std::vector<int32_t> sum;
    uint64_t radius;
    std::vector<int8_t> want;
  };
  for (const auto& [sum, radius, want] : {
           row{{3, 4}, 5 * 256, {3, 4}},
           {{-300'000'000, 400'000'000}, 10 * 256, {-6, 8}},
           {{1, 0}, 640, {3, 0}}, // 2.5: away from zero
           {{-1, 0}, 640, {-3, 0}},
           {{1, 0}, 639, {2, 0}},
           {{1'000, 1}, 500 * 256, {127, 0}}, // beyond int8: clamped
           {{0, 0}, 256, {9, 9}},             // no direction: as before
       }) {
    cluster_sums sums(1, 2);
    sums.sums = sum;
    sums.counts = {5};
    std::vector<int8_t> centroid{9, 9};
    update_centroids(sums, radius, centroid);
    CHECK(centroid == want);
  }
}

TEST_CASE("an empty cluster keeps its centroid, and equal centroids go to the first") {
  const kmeans_work work{2, {100, 0, 90, 10, 95, 5}, {1, 0, -100, 3, 1, 0}};
  const auto output = run_kmeans(work);
  CHECK(output.labels == std::vector<uint32_t>{0, 0, 0});
  CHECK(std::vector<int8_t>(output.centroids.begin() + 2, output.centroids.end()) ==
        std::vector<int8_t>{-100, 3, 1, 0});
}

TEST_CASE("of many equal centroids the first is taken, in whatever lane and panel it is") {
  for (const uint32_t first : {0u, 1u, 15u, 16u, 17u, 63u, 64u, 100u, 129u}) {
    kmeans_work work{1, {100}, std::vector<int8_t>(130, 1), 1};
    std::fill(work.centroids.begin() + first, work.centroids.end(), int8_t{2});
    CHECK(run_kmeans(work).labels == std::vector<uint32_t>{first});
    std::fill(work.centroids.begin(), work.centroids.end(), int8_t{-1}); // and where all products are negative
    std::fill(work.centroids.begin(), work.centroids.begin() + first, int8_t{-2});
    CHECK(run_kmeans(work).labels == std::vector<uint32_t>{first});
  }
}

TEST_CASE("one iteration only assigns") {
  auto work = topics_work(7, 100, 16, 5, 1);
  work.iterations_max = 1;
  const auto output = run_kmeans(work);
  CHECK(output.centroids == work.centroids);
  CHECK(output.iterations == 1);
}

TEST_CASE("no points and one cluster are fine") {
  const auto none = run_kmeans({2, {}, {1, 2}});
  CHECK(none.labels.empty());
  CHECK(none.centroids == std::vector<int8_t>{1, 2});
  const auto one = run_kmeans({2, {0, 100, 0, 50}, {1, 0}});
  CHECK(one.labels == std::vector<uint32_t>{0, 0});
  CHECK(one.centroids == std::vector<int8_t>{0, 79}); // √((100² + 50²) / 2)
}

TEST_CASE("a malformed k-means is named") {
  struct row {
    const char* why;
    kmeans_work work;
  };
  const std::vector<int8_t> many(kmeans_clusters_max + 1);
  for (const auto& [why, work] : {row{"dimensions", {0, {}, {1}}},
                                  {"dimensions", {4'097, {}, {1}}},
                                  {"points are cut", {2, {1}, {1, 2}}},
                                  {"centroids are cut", {2, {1, 2}, {1}}},
                                  {"no clusters", {2, {1, 2}, {}}},
                                  {"too many clusters", {1, {1}, many}},
                                  {"too many points", {1, std::vector<int8_t>(kmeans_points_max + 1), {1}}},
                                  {"iterations", {1, {1}, {1}, 0}},
                                  {"iterations", {1, {1}, {1}, kmeans_iterations_max + 1}}}) {
    const auto fault = find_fault(work);
    REQUIRE(fault);
    CHECK(fault->code == errc::internal);
    CHECK(fault->message == std::string("malformed k-means: ") + why);
  }
}
