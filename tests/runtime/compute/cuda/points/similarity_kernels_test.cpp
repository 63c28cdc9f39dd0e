#include "runtime/compute/cuda/points/leaders_kernel.cuh"
#include "runtime/compute/cuda/points/lengths_kernel.cuh"
#include "runtime/compute/cuda/points/near_pairs_kernel.cuh"
#include "runtime/compute/cuda/points/select_top_kernel.cuh"
#include "runtime/compute/cuda/points/similarity_kernel.cuh"
#include "runtime/points/integer_root.hpp"
#include "runtime/points/quantize.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/compute/cuda/points/emulated_kernels.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace {

using namespace weft;
using namespace weft::cuda;

std::vector<int32_t> products_of(const std::vector<int8_t>& rows, const std::vector<int8_t>& columns,
                                 uint32_t dimensions, uint64_t seed) {
  const auto left = padded(rows, dimensions), right = padded(columns, dimensions);
  const auto row_count = static_cast<uint32_t>(rows.size() / dimensions);
  const auto column_count = static_cast<uint32_t>(columns.size() / dimensions);
  std::vector<int32_t> products(size_t{row_count} * column_count, -1);
  run_emulated(similarity_kernel,
               similarity_arguments{{left.data(), right.data(), row_count, column_count, stride_of(dimensions)},
                                    products.data()},
               seed);
  return products;
}

/// The first kept point that each is near to, in the plainest way: the contract of find_duplicates() in runtime/corpus.
std::vector<uint32_t> plain_leaders(const std::vector<int8_t>& points, uint32_t dimensions, uint32_t similarity) {
  const size_t count = points.size() / dimensions;
  std::vector<uint32_t> leaders(count, no_leader);
  const auto product = [&](size_t a, size_t b) {
    int64_t sum = 0;
    for (size_t d = 0; d < dimensions; ++d)
      sum += points[a * dimensions + d] * points[b * dimensions + d];
    return sum;
  };
  const auto length = [&](size_t a) {
    return static_cast<int64_t>(integer_root(static_cast<uint64_t>(product(a, a)) << 16));
  };
  for (size_t b = 0; b < count; ++b)
    for (size_t a = 0; a < b && leaders[b] == no_leader; ++a) {
      const bool zero = length(a) == 0 || length(b) == 0;
      const bool near = zero ? length(a) == length(b)
                             : product(a, b) * 65'536 * 10'000 >= int64_t{similarity} * length(a) * length(b);
      if (near && leaders[a] == no_leader)
        leaders[b] = static_cast<uint32_t>(a);
    }
  return leaders;
}

std::vector<uint32_t> kernel_leaders(const std::vector<int8_t>& points, uint32_t dimensions, uint32_t similarity,
                                     uint64_t seed) {
  const auto rows = padded(points, dimensions);
  const auto count = static_cast<uint32_t>(points.size() / dimensions);
  const uint32_t stride = stride_of(dimensions), words = near_words(count);
  std::vector<uint32_t> lengths(count), leaders(count), near(size_t{count} * words, 0xDDDD'DDDD); // not all are written
  run_emulated(lengths_kernel, lengths_arguments{rows.data(), lengths.data(), count, stride}, seed);
  run_emulated(near_pairs_kernel,
               near_pairs_arguments{
                   {rows.data(), rows.data(), count, count, stride}, lengths.data(), similarity, near.data(), words},
               seed);
  run_emulated(leaders_kernel, leaders_arguments{near.data(), leaders.data(), count, words}, seed);
  return leaders;
}

std::vector<uint64_t> top_of(const std::vector<int32_t>& products, uint32_t rows, uint32_t columns, uint32_t count) {
  std::vector<uint64_t> keys;
  for (uint32_t r = 0; r < rows; ++r) {
    std::vector<uint64_t> row(count); // 0: fewer columns than wanted
    for (uint32_t c = 0; c < columns; ++c)
      row.push_back(top_key(products[size_t{r} * columns + c], c));
    std::sort(row.rbegin(), row.rend());
    keys.insert(keys.end(), row.begin(), row.begin() + count);
  }
  return keys;
}

} // namespace

TEST_CASE("all products equal the CPU's for any sizes and values") {
  random_source draw(1);
  for (const auto [rows, columns, dimensions] :
       {std::array<uint32_t, 3>{1, 1, 1}, {5, 3, 63}, {129, 130, 65}, {3, 1'030, 20}, {2, 2, 700}}) {
    CAPTURE(rows);
    const auto left = random_points(draw, rows, dimensions), right = random_points(draw, columns, dimensions);
    CHECK(products_of(left, right, dimensions, rows) == run_similarity({dimensions, left, right}).products);
  }
}

TEST_CASE("the largest work fits a grid of one dimension") {
  for (const auto [rows, columns] : {std::array<uint32_t, 2>{1, 64u << 20}, {64u << 20, 1}, {8'192, 8'192}}) {
    similarity_arguments arguments;
    arguments.in.row_count = rows;
    arguments.in.column_count = columns;
    CHECK(uint64_t{shape_of(arguments).blocks} * tile_rows * slice_columns >= uint64_t{rows} * columns);
  }
}

TEST_CASE("each near duplicate has the first kept point as its leader, as in the plainest way") {
  random_source draw(2);
  for (const auto [count, topics] : {std::array<size_t, 2>{1, 1}, {33, 5}, {128, 128}, {300, 20}}) {
    auto points = quantize_points(clustered_rows(draw, count, 48, topics, 0.5F), 48).values;
    std::fill_n(points.begin() + static_cast<ptrdiff_t>((count - 1) * 48), 48, int8_t{0}); // without direction
    std::fill_n(points.begin() + static_cast<ptrdiff_t>(count / 2 * 48), 48, int8_t{0});
    for (const uint32_t similarity : {1u, 6'000u, 8'000u, 10'000u}) {
      CAPTURE(count);
      CAPTURE(similarity);
      CHECK(kernel_leaders(points, 48, similarity, count) == plain_leaders(points, 48, similarity));
    }
  }
}

TEST_CASE("a chain of near points is cut where no kept one is near") {
  std::vector<int8_t> points; // directions 20 degrees apart
  for (const auto [x, y] : {std::array<int8_t, 2>{100, 0}, {94, 34}, {77, 64}, {50, 87}, {17, 98}})
    points.insert(points.end(), {x, y});
  CHECK(kernel_leaders(points, 2, 9'300, 1) == std::vector<uint32_t>{no_leader, 0, no_leader, 2, no_leader});
}

TEST_CASE("the largest products of a row are found in their order, ties to the lower column") {
  random_source draw(3);
  struct row {
    uint32_t rows, columns, count;
    int32_t span; ///< few values: many ties
  };
  for (const auto& [rows, columns, count, span] :
       {row{1, 1, 1, 5}, {2, 3, 10, 5}, {1, 1'024, 100, 3}, {1, 2'500, 7, 1'000'000}, {1, 5'000, 1'024, 40}}) {
    CAPTURE(columns);
    std::vector<int32_t> products(size_t{rows} * columns);
    for (auto& x : products)
      x = static_cast<int32_t>(draw.below(static_cast<uint32_t>(span))) - span / 2;
    std::vector<uint64_t> best(size_t{rows} * count);
    run_emulated(select_top_kernel, top_arguments{products.data(), best.data(), columns, 0, rows, count}, columns);
    CHECK(best == top_of(products, rows, columns, count));
  }
}

TEST_CASE("a row of which each other column is a new best gives the same top") {
  std::vector<int32_t> products(9'000); // 512 of 1 024 columns are gathered, so that every second look sorts
  for (size_t c = 0; c < products.size(); ++c)
    products[c] = c % 2 == 0 ? static_cast<int32_t>(c) : -1;
  for (uint64_t seed = 1; seed < 4; ++seed) {
    std::vector<uint64_t> best(7);
    run_emulated(select_top_kernel, top_arguments{products.data(), best.data(), 9'000, 0, 1, 7}, seed);
    CHECK(best == top_of(products, 1, 9'000, 7));
  }
}

TEST_CASE("columns that come in parts, ever better ones last, give the same top") {
  std::vector<int32_t> products(4'000);
  for (size_t c = 0; c < products.size(); ++c)
    products[c] = static_cast<int32_t>(c / 2) - 900;
  std::vector<uint64_t> best(50);
  for (const auto [first, end] : {std::array<uint32_t, 2>{0, 1}, {1, 1'500}, {1'500, 4'000}})
    run_emulated(select_top_kernel, top_arguments{products.data() + first, best.data(), end - first, first, 1, 50},
                 end);
  CHECK(best == top_of(products, 1, 4'000, 50));
  CHECK(product_of_key(best[0]) == 1'099);
  CHECK(column_of_key(best[0]) == 3'998);
  CHECK(column_of_key(best[1]) == 3'999);
}
