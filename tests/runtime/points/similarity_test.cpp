#include "runtime/points/similarity.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;

TEST_CASE("every product stands in its place, whatever the sizes") {
  random_source draw(4);
  struct sizes {
    size_t rows, columns;
  };
  for (auto [rows, columns] :
       {sizes{1, 1}, {1, 200}, {48, 64}, {49, 65}, {100, 128}, {200, 1}, {0, 5}, {5, 0}, {0, 0}}) {
    CAPTURE(rows);
    CAPTURE(columns);
    const uint32_t dimensions = 1 + draw.below(40);
    const similarity_work work{dimensions, random_points(draw, rows, dimensions),
                               random_points(draw, columns, dimensions)};
    REQUIRE_FALSE(find_fault(work));
    const auto products = run_similarity(work).products;
    REQUIRE(products.size() == rows * columns);
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c) {
        int32_t want = 0;
        for (size_t d = 0; d < dimensions; ++d)
          want += work.rows[r * dimensions + d] * work.columns[c * dimensions + d];
        REQUIRE(products[r * columns + c] == want);
      }
  }
}

TEST_CASE("a malformed similarity is named") {
  struct row {
    const char* why;
    similarity_work work;
  };
  const std::vector<int8_t> many(8'193);
  for (const auto& [why, work] : {row{"dimensions", {0, {}, {}}},
                                  {"dimensions", {4'097, {}, {}}},
                                  {"rows are cut", {2, {1}, {1, 2}}},
                                  {"columns are cut", {2, {1, 2}, {1}}},
                                  {"too many products", {1, many, many}}}) {
    const auto fault = find_fault(work);
    REQUIRE(fault);
    CHECK(fault->code == errc::internal);
    CHECK(fault->message == std::string("malformed similarity: ") + why);
  }
}
