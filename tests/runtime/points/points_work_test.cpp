#include "runtime/points/encoding.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/leaders.hpp"
#include "runtime/points/nearest.hpp"
#include "runtime/points/points_work.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>

using namespace weft;

namespace {

shared_points_ptr share(std::vector<int8_t> values, uint32_t dimensions) {
  const auto owner = std::make_shared<const std::vector<int8_t>>(std::move(values));
  return std::make_shared<const shared_points>(shared_points{dimensions, *owner, owner});
}

} // namespace

TEST_CASE("multiply-adds of work on points follow from its sizes, of k-means with all iterations that it may have") {
  const kmeans_work clusters{
      .dimensions = 4, .points = std::vector<int8_t>(40), .centroids = std::vector<int8_t>(12), .iterations_max = 25};
  CHECK(products_of(clusters) == 10 * 3 * 4 * 25);
  const similarity_work pairs{.dimensions = 4, .rows = std::vector<int8_t>(20), .columns = std::vector<int8_t>(8)};
  CHECK(products_of(pairs) == 5 * 2 * 4);
  const auto points = share(std::vector<int8_t>(40), 4);
  CHECK(products_of(assign_work{points, {}, std::vector<int8_t>(12)}) == 10 * 3 * 4);
  CHECK(products_of(assign_work{points, std::vector<int8_t>(12), std::vector<int8_t>(12), true}) == 10);
  CHECK(products_of(leaders_work{points}) == 10 * 10 / 2 * 4);
  CHECK(products_of(nearest_work{points, std::vector<int8_t>(8)}) == 10 * 2 * 4);
  CHECK(products_of(encode_work{4, std::vector<float>(20), vector_encoding::int8}) == 20);
  for (const auto& work : {engine_work{kmeans_work{}}, engine_work{similarity_work{}}, engine_work{assign_work{}},
                           engine_work{leaders_work{}}, engine_work{nearest_work{}}, engine_work{encode_work{}},
                           engine_work{embed_batch{}}})
    CHECK(products_of(work) == 0);
}

TEST_CASE("the nearest points are those of all products, the lowest point of equal ones") {
  random_source draw(2);
  for (const size_t count : {0u, 1u, 47u, 48u, 200u})
    for (const size_t queries : {0u, 1u, 70u})
      for (const uint32_t wanted : {1u, 10u, 300u}) {
        auto values = random_points(draw, count, 3);
        for (auto& x : values)
          x = static_cast<int8_t>(x / 40); // products that are equal
        const nearest_work work{share(values, 3), random_points(draw, queries, 3), wanted};
        REQUIRE_FALSE(find_points_fault(work));
        const auto found = std::get<nearest_output>(run_points(work));
        const auto products = run_similarity({3, work.queries, values}).products;
        const size_t each = std::min<size_t>(wanted, count);
        REQUIRE(found.points.size() == queries * each);
        REQUIRE(found.products.size() == queries * each);
        for (size_t q = 0; q < queries; ++q) {
          const auto* const row = products.data() + q * count;
          std::vector<uint32_t> order(count);
          std::iota(order.begin(), order.end(), 0u);
          std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return row[a] > row[b]; });
          for (size_t i = 0; i < each; ++i) {
            REQUIRE(found.points[q * each + i] == order[i]);
            REQUIRE(found.products[q * each + i] == row[order[i]]);
          }
        }
      }
}

TEST_CASE("rows are encoded one by one") {
  random_source draw(3);
  const auto rows = clustered_rows(draw, 5, 33, 2, 1);
  for (const auto encoding :
       {vector_encoding::float32, vector_encoding::float16, vector_encoding::int8, vector_encoding::binary}) {
    const encode_work work{33, rows, encoding};
    REQUIRE_FALSE(find_points_fault(work));
    const auto found = std::get<encode_output>(run_points(work));
    const size_t bytes = packed_bytes(encoding, 33);
    REQUIRE(found.bytes.size() == 5 * bytes);
    REQUIRE(found.scales.size() == 5);
    for (size_t r = 0; r < 5; ++r)
      CHECK(packed_vector{encoding, 33, found.scales[r], found.bytes.substr(r * bytes, bytes)} ==
            encode(std::span(rows).subspan(r * 33, 33), encoding));
  }
}

TEST_CASE("malformed work on points is named") {
  struct row {
    const char* why;
    engine_work work;
  };
  const std::vector<int8_t> two(2, 1), three(3, 1), four(4, 1);
  const auto points = share(four, 2);
  const auto many = std::make_shared<const shared_points>(
      shared_points{1, std::span<const int8_t>(four.data(), kmeans_points_max + 1)}); // nobody looks at them
  for (const auto& [why, work] : {row{"no points", assign_work{nullptr, {}, two}},
                                  {"dimensions", assign_work{share({}, 0), {}, two}},
                                  {"dimensions", leaders_work{share({}, 4'097)}},
                                  {"points are cut", nearest_work{share(three, 2), two}},
                                  {"too many points", assign_work{many, {}, two}},
                                  {"too many points", leaders_work{many}},
                                  {"no clusters", assign_work{points, {}, {}}},
                                  {"centroids are cut", assign_work{points, {}, three}},
                                  {"too many clusters", assign_work{points, {}, std::vector<int8_t>(2 * 65'537)}},
                                  {"other clusters than before", assign_work{points, two, four}},
                                  {"similarity", leaders_work{points, 0}},
                                  {"similarity", leaders_work{points, 10'001}},
                                  {"queries are cut", nearest_work{points, three}},
                                  {"count", nearest_work{points, two, 0}},
                                  {"count", nearest_work{points, two, 1'025}},
                                  {"too many queries", nearest_work{points, std::vector<int8_t>(2 * 4'097), 1'024}},
                                  {"dimensions", encode_work{}},
                                  {"rows are cut", encode_work{2, {1, 2, 3}, vector_encoding::int8}},
                                  {"encoding", encode_work{1, {1}, static_cast<vector_encoding>(4)}}}) {
    const auto fault = find_points_fault(work);
    REQUIRE(fault);
    CHECK(fault->code == errc::internal);
    CHECK(fault->message == std::string("malformed work on points: ") + why);
  }
  CHECK_FALSE(find_points_fault(embed_batch{}));
  CHECK_FALSE(find_points_fault(leaders_work{share({}, 3)}));
}
