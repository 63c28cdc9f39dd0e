#include "runtime/points/query_products.hpp"
#include "tests/runtime/points/kernel_sets.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;

TEST_CASE("few and many queries have their products with every point, of each query in the order of the points") {
  constexpr uint32_t dimensions = 85; // whole vectors and an end, with every set of kernels
  constexpr size_t few = query_products::few_max;
  random_source draw(5);
  for (const size_t queries : {size_t{0}, size_t{1}, size_t{2}, few, few + 1, size_t{64}, size_t{65}, size_t{130}})
    for (const size_t count : {0, 1, 47, 48, 49, 150}) {
      const auto asked = random_points(draw, queries, dimensions), points = random_points(draw, count, dimensions);
      std::vector<std::vector<int32_t>> want(queries);
      for (size_t q = 0; q < queries; ++q)
        for (size_t p = 0; p < count; ++p) {
          int32_t sum = 0;
          for (size_t d = 0; d < dimensions; ++d)
            sum += asked[q * dimensions + d] * points[p * dimensions + d];
          want[q].push_back(sum);
        }
      for (const auto* kernels : kernel_sets()) {
        CAPTURE(std::string(kernels->name));
        CAPTURE(queries);
        CAPTURE(count);
        std::vector<std::vector<int32_t>> found(queries);
        bool is_in_order = true;
        query_products(asked, dimensions, *kernels).for_each(points, [&](size_t query, size_t point, int32_t product) {
          is_in_order = is_in_order && point == found.at(query).size();
          found[query].push_back(product);
        });
        CHECK(is_in_order);
        CHECK(found == want);
      }
    }
}
