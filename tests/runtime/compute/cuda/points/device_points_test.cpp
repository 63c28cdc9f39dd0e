// The whole way through a device, against runtime/points; the kernels alone are tested without a device. Sizes that the
// host's emulation cannot reach are here.

#include "runtime/compute/cuda/points/device_kmeans.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"
#include "runtime/compute/cuda/points/points_desk.hpp"
#include "runtime/compute/cuda/points/points_engine.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/points_work.hpp"
#include "runtime/points/quantize.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/compute/cuda/points/device_fixture.hpp"
#include "tests/runtime/points/points_checks.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace {

using namespace weft;
using namespace weft::cuda;

kmeans_work topics_work(uint64_t seed, size_t points, uint32_t dimensions, uint32_t topics, float spread) {
  random_source draw(seed);
  auto quantized = quantize_points(clustered_rows(draw, points, dimensions, topics, spread), dimensions);
  auto centroids = seed_centroids(quantized.values, dimensions, topics, seed);
  return {dimensions, std::move(quantized.values), std::move(centroids)};
}

void check_equal(const kmeans_work& work, const device_place& place) {
  CAPTURE(work.dimensions);
  CAPTURE(work.points.size());
  CAPTURE(work.centroids.size());
  const auto got = cluster_on_device(work, place);
  REQUIRE(got);
  const auto want = run_kmeans(work);
  CHECK(got->labels == want.labels);
  CHECK(got->similarities == want.similarities);
  CHECK(got->centroids == want.centroids);
  CHECK(got->iterations == want.iterations);
}

} // namespace

TEST_CASE("device: k-means gives the bits of the CPU") {
  const auto device = open_test_device();
  if (!device)
    return;
  random_source draw(1);
  for (const auto [points, dimensions, clusters] :
       {std::array<uint32_t, 3>{0, 4, 1}, {1, 1, 1}, {129, 65, 257}, {5'000, 384, 1'000}, {300, 4'096, 40}})
    check_equal({dimensions, random_points(draw, points, dimensions), random_points(draw, clusters, dimensions), 3},
                device->place);
  check_equal(topics_work(2, 20'000, 384, 300, 1.5F), device->place);
  kmeans_work extremes{4'096, std::vector<int8_t>(3 * 4'096, -128), std::vector<int8_t>(2 * 4'096, -128), 2};
  extremes.centroids[4'096] = 127;
  check_equal(extremes, device->place);
}

TEST_CASE("device: points in two shards of a device move the same centroids") {
  const auto device = open_test_device();
  if (!device)
    return;
  const auto work = topics_work(3, 3'001, 96, 50, 2);
  const auto all = std::span(work.points);
  auto left = device_kmeans::make(all.first(1'000 * 96), 96, 50, device->place);
  auto right = device_kmeans::make(all.subspan(1'000 * 96), 96, 50, device->place);
  REQUIRE(left);
  REQUIRE(right);
  kmeans_shard whole(all, 96, 50);
  auto centroids = work.centroids;
  for (int i = 0; i < 3; ++i) {
    uint64_t changed = 0;
    cluster_sums sums(50, 96);
    for (auto* shard : {&*left, &*right}) {
      REQUIRE(shard->write_centroids(centroids));
      const auto moved = shard->assign();
      REQUIRE(moved);
      changed += *moved;
      const auto part = shard->sums();
      REQUIRE(part);
      sums.add(*part);
    }
    CHECK(changed == assign(whole, packed_columns(centroids, 96)));
    CHECK(sums.sums == whole.sums.sums);
    CHECK(sums.counts == whole.sums.counts);
    update_centroids(sums, radius_of(sum_of_squares(all), 3'001), centroids);
  }
}

TEST_CASE("device: products and the nearest points equal the CPU's") {
  const auto device = open_test_device();
  if (!device)
    return;
  random_source draw(4);
  for (const auto [rows, columns, dimensions] :
       {std::array<uint32_t, 3>{0, 3, 5}, {1, 1, 1}, {300, 2'100, 384}, {70, 129, 700}}) {
    CAPTURE(rows);
    const similarity_work work{dimensions, random_points(draw, rows, dimensions),
                               random_points(draw, columns, dimensions)};
    const auto got = multiply_on_device(work, device->place);
    REQUIRE(got);
    const auto want = run_similarity(work);
    CHECK(got->products == want.products);
    const auto points = device_points::upload(work.columns, dimensions, device->place);
    REQUIRE(points);
    const auto nearest = nearest_on_device(*points, work.rows, 10, device->place);
    REQUIRE(nearest);
    REQUIRE(nearest->size() == rows);
    for (uint32_t r = 0; r < rows; ++r) {
      std::vector<uint64_t> keys;
      for (uint32_t c = 0; c < columns; ++c)
        keys.push_back(top_key(want.products[size_t{r} * columns + c], c));
      std::sort(keys.rbegin(), keys.rend());
      keys.resize(std::min<size_t>(keys.size(), 10));
      std::vector<nearest_point> best;
      for (const auto key : keys)
        best.push_back({column_of_key(key), product_of_key(key)});
      CHECK((*nearest)[r] == best);
    }
  }
}

TEST_CASE("device: leaders of near duplicates are the first kept points") {
  const auto device = open_test_device();
  if (!device)
    return;
  random_source draw(5);
  const uint32_t count = 3'000, dimensions = 96;
  const auto values = quantize_points(clustered_rows(draw, count, dimensions, 200, 0.4F), dimensions).values;
  const auto points = device_points::upload(values, dimensions, device->place);
  REQUIRE(points);
  const auto leaders = leaders_on_device(*points, 9'000, device->place);
  REQUIRE(leaders);
  const auto products = run_similarity({dimensions, values, values}).products;
  const auto length = [&](size_t i) {
    return static_cast<int64_t>(std::sqrt(static_cast<double>(products[i * count + i]) * 65'536));
  };
  size_t found = 0;
  for (uint32_t b = 0; b < count; ++b) {
    uint32_t want = no_leader;
    for (uint32_t a = 0; a < b && want == no_leader; ++a)
      if ((*leaders)[a] == no_leader &&
          int64_t{products[size_t{a} * count + b]} * 655'360'000 >= 9'000 * length(a) * length(b))
        want = a;
    CHECK((*leaders)[b] == want);
    found += want != no_leader;
  }
  CHECK(found > 1'000);
}

TEST_CASE("device: codes of vectors are the CPU's bytes") {
  const auto device = open_test_device();
  if (!device)
    return;
  random_source draw(6);
  for (const uint32_t dimensions : {1u, 33u, 384u, 1'000u, 4'096u}) {
    CAPTURE(dimensions);
    std::vector<float> rows = clustered_rows(draw, 50, dimensions, 5, 1);
    for (size_t i = 0; i < 20 * dimensions; ++i)
      rows[i] = std::bit_cast<float>(static_cast<uint32_t>(draw.next())); // any bits
    for (const auto encoding : {vector_encoding::float16, vector_encoding::int8, vector_encoding::binary}) {
      const encode_work work{dimensions, rows, encoding};
      const auto got = encode_on_device(work, device->place);
      REQUIRE(got);
      const auto want = std::get<encode_output>(run_points(work));
      CHECK(got->bytes == want.bytes);
      CHECK(got->scales == want.scales);
    }
  }
}

TEST_CASE("device: shared points stay, steps go on from the one before, and all kinds of work have the CPU's bits") {
  const auto device = open_test_device();
  if (!device)
    return;
  points_desk desk(device->place);
  const auto work = topics_work(8, 4'000, 96, 60, 1);
  auto points = share(work.points, 96);
  random_source draw(9);
  std::vector<int8_t> before;
  for (int i = 0; i < 6; ++i) {
    if (i == 3) // as an engine that comes in place of another
      before = random_points(draw, 60, 96);
    const assign_work step{points, before, i == 5 ? before : random_points(draw, 60, 96), true};
    const auto got = desk.compute(step);
    REQUIRE(got);
    check_step(std::get<assign_output>(*got), step);
    before = step.centroids;
  }
  {
    const leaders_work near{points, 9'000};
    const auto leaders = desk.compute(near);
    REQUIRE(leaders);
    CHECK(std::get<leaders_output>(*leaders).leaders == std::get<leaders_output>(run_points(near)).leaders);
    const nearest_work top{points, random_points(draw, 7, 96), 50};
    const auto nearest = desk.compute(top);
    REQUIRE(nearest);
    CHECK(std::get<nearest_output>(*nearest).points == std::get<nearest_output>(run_points(top)).points);
    CHECK(std::get<nearest_output>(*nearest).products == std::get<nearest_output>(run_points(top)).products);
  }
  const auto held = device->place.memory->bytes_used();
  points.reset();
  REQUIRE(desk.compute(similarity_work{2, {1, 2}, {3, 4}}));
  CHECK(device->place.memory->bytes_used() + 4'000 * 128 <= held);
}

TEST_CASE("device: what does not fit is refused, and memory comes back") {
  const auto device = open_test_device();
  if (!device)
    return;
  auto memory = make_device_memory(device->info.index, 0);
  REQUIRE(memory);
  const device_place small{device_pool::make(std::move(*memory), 1 << 20), device->order.get()};
  const auto work = topics_work(7, 5'000, 384, 10, 1);
  const auto refused = cluster_on_device(work, small);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(small.memory->bytes_used() == 0);
}
