#include "runtime/points/query_products.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace weft;

TEST_CASE("few and many queries have their products with every point, of each query in the order of the points") {
  constexpr uint32_t dimensions = 21;
  constexpr size_t few = query_products::few_max;
  random_source draw(5);
  for (const size_t queries : {size_t{1}, size_t{2}, few, few + 1, size_t{64}, size_t{65}, size_t{130}})
    for (const size_t count : {0, 1, 47, 48, 49, 150}) {
      CAPTURE(queries);
      CAPTURE(count);
      const auto asked = random_points(draw, queries, dimensions), points = random_points(draw, count, dimensions);
      std::vector<std::vector<int32_t>> found(queries), want(queries);
      query_products(asked, dimensions).for_each(points, [&](size_t query, size_t point, int32_t product) {
        REQUIRE(query < queries);
        CHECK(point == found[query].size());
        found[query].push_back(product);
      });
      for (size_t q = 0; q < queries; ++q)
        for (size_t p = 0; p < count; ++p) {
          int32_t sum = 0;
          for (size_t d = 0; d < dimensions; ++d)
            sum += asked[q * dimensions + d] * points[p * dimensions + d];
          want[q].push_back(sum);
        }
      CHECK(found == want);
    }
}
