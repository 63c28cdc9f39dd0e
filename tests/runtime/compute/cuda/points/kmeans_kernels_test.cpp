#include "runtime/compute/cuda/points/kmeans_loop.hpp"
#include "runtime/points/held_shard.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/points_work.hpp"
#include "runtime/points/quantize.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/compute/cuda/points/emulated_kernels.hpp"
#include "tests/runtime/points/points_checks.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace {

using namespace weft;
using namespace weft::cuda;

kmeans_work topics_work(uint64_t seed, size_t points, uint32_t dimensions, uint32_t topics, float spread) {
  random_source draw(seed);
  auto quantized = quantize_points(clustered_rows(draw, points, dimensions, topics, spread), dimensions);
  auto centroids = seed_centroids(quantized.values, dimensions, topics, seed);
  return {dimensions, std::move(quantized.values), std::move(centroids)};
}

kmeans_work any_values(uint64_t seed, size_t points, uint32_t dimensions, size_t clusters) {
  random_source draw(seed);
  return {dimensions, random_points(draw, points, dimensions), random_points(draw, clusters, dimensions), 1};
}

/// The kernels and run_kmeans() give the same bits.
void check_equal(const kmeans_work& work, uint64_t seed) {
  CAPTURE(seed);
  CAPTURE(work.dimensions);
  CAPTURE(work.points.size());
  CAPTURE(work.centroids.size());
  emulated_kmeans steps(work, seed);
  const auto iterations = iterate_kmeans(steps, work.iterations_max);
  REQUIRE(iterations);
  const auto got = steps.output(*iterations);
  const auto want = run_kmeans(work);
  CHECK(got.labels == want.labels);
  CHECK(got.similarities == want.similarities);
  CHECK(got.centroids == want.centroids);
  CHECK(got.iterations == want.iterations);
}

} // namespace

TEST_CASE("labels and products equal the CPU's for any sizes and values") {
  for (const auto [points, dimensions, clusters] : {std::array<uint32_t, 3>{1, 1, 1},
                                                    {3, 7, 2},
                                                    {128, 64, 128},
                                                    {130, 65, 129},
                                                    {127, 384, 20},
                                                    {40, 100, 300},
                                                    {9, 600, 5},
                                                    {2, 4'096, 3}})
    check_equal(any_values(points + dimensions, points, dimensions, clusters), 1);
}

TEST_CASE("a whole k-means equals the CPU's to the bit, in any order of threads") {
  for (uint64_t seed = 1; seed < 4; ++seed)
    check_equal(topics_work(5, 300, 48, 12, 1.5F), seed);
  check_equal(topics_work(6, 140, 70, 70, 2), 9);
}

TEST_CASE("products of the extremes do not overflow") {
  for (const int8_t value : {int8_t{-128}, int8_t{127}}) {
    kmeans_work work{4'096, std::vector<int8_t>(2 * 4'096, value), std::vector<int8_t>(2 * 4'096, -128), 2};
    std::fill_n(work.points.begin(), 4'096, int8_t{-128});
    work.centroids[0] = 127;
    check_equal(work, 3);
  }
}

TEST_CASE("of equal products the first centroid is taken, in whatever lane, warp and tile it is") {
  for (const uint32_t first : {0u, 1u, 7u, 8u, 63u, 64u, 127u, 128u, 199u}) {
    kmeans_work work{3, {100, 0, 0, -100, 0, 0, 0, 0, 0}, std::vector<int8_t>(200 * 3), 1};
    for (uint32_t c = first; c < 200; ++c)
      work.centroids[c * 3] = 2;
    check_equal(work, first);
  }
}

TEST_CASE("an empty cluster keeps its centroid, and no points are fine") {
  check_equal({2, {100, 0, 90, 10, 95, 5}, {1, 0, -100, 3, 1, 0}}, 1);
  check_equal({2, {}, {1, 2}}, 1);
  check_equal({1, {0, 0, 0}, {5}}, 1);
}

TEST_CASE("sums and counts equal the CPU's after points moved") {
  const auto work = topics_work(7, 200, 33, 9, 2);
  emulated_kmeans steps(work, 4);
  kmeans_shard shard(work.points, work.dimensions, 9);
  auto centroids = work.centroids;
  CHECK(steps.radius() == radius_of(sum_of_squares(work.points), 200));
  for (int i = 0; i < 3; ++i) {
    CHECK(*steps.assign() == assign(shard, packed_columns(centroids, work.dimensions)));
    CHECK(steps.sums() == shard.sums.sums);
    CHECK(steps.counts() == shard.sums.counts);
    REQUIRE(steps.update());
    update_centroids(shard.sums, steps.radius(), centroids);
    CHECK(steps.output(1).centroids == centroids);
  }
}

TEST_CASE("a step goes on from the one before, or from any other centroids, as on the CPU") {
  const auto work = topics_work(9, 150, 33, 7, 2);
  const auto points = share(work.points, 33);
  emulated_kmeans steps(work, 5);
  random_source draw(10);
  std::vector<int8_t> before;
  for (int i = 0; i < 6; ++i) {
    if (i == 3) // the step before was another engine's
      before = random_points(draw, 7, 33);
    const assign_work step{points, before, i == 5 ? before : random_points(draw, 7, 33), true};
    const auto want = std::get<assign_output>(run_points(step));
    const auto changed = take_step(steps, step);
    REQUIRE(changed);
    CHECK(*changed == want.changed);
    CHECK(steps.sums() == want.sums);
    CHECK(steps.counts() == want.counts);
    CHECK(steps.output(1).labels == want.labels);
    CHECK(steps.output(1).similarities == want.similarities);
    before = step.centroids;
  }
}

TEST_CASE("a mean is rounded as its formula says, also of large sums") {
  random_source draw(8);
  for (const int bits : {1, 8, 24, 25, 26, 29}) {
    CAPTURE(bits);
    cluster_sums sums(3, 40);
    for (auto& x : sums.sums)
      x = static_cast<int32_t>(draw.next() >> 32) >> (31 - bits);
    sums.counts = {7, 0, 1};
    std::fill_n(sums.sums.begin() + 80, 40, 0);
    std::vector<int8_t> want(3 * 40, 9);
    auto got = padded(want, 40);
    update_centroids(sums, 12'345, want);
    run_emulated(update_centroids_kernel,
                 update_arguments{sums.sums.data(), sums.counts.data(), got.data(), 12'345, 3, 40, 64}, 2);
    CHECK(got == padded(want, 40));
  }
}

TEST_CASE("integer roots on a device are rounded down") {
  CHECK(root_of(0) == 0);
  CHECK(root_of(2) == 1);
  for (const unsigned long long root : {1ull, 3ull, 94'906'267ull, 1'234'567'890ull, 2'147'483'647ull}) {
    CHECK(root_of(root * root - 1) == root - 1);
    CHECK(root_of(root * root) == root);
    CHECK(root_of(root * (root + 2)) == root);
  }
}
