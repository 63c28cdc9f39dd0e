#include "runtime/points/packed_columns.hpp"
#include "tests/runtime/points/kernel_sets.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace {

using namespace weft;

std::vector<int32_t> plain_products(const std::vector<int8_t>& rows, const std::vector<int8_t>& columns,
                                    size_t dimensions) {
  std::vector<int32_t> products;
  for (size_t r = 0; r < rows.size(); r += dimensions)
    for (size_t c = 0; c < columns.size(); c += dimensions) {
      int32_t sum = 0;
      for (size_t d = 0; d < dimensions; ++d)
        sum += rows[r + d] * columns[c + d];
      products.push_back(sum);
    }
  return products;
}

std::vector<int32_t> products_of(const product_kernels& kernels, const std::vector<int8_t>& rows,
                                 const std::vector<int8_t>& columns, uint32_t dimensions) {
  const packed_columns packed(columns, dimensions, kernels);
  prepared_rows block(dimensions, kernels);
  block.fill(rows);
  std::vector<int32_t> tile(block.count() * panel_columns), products(block.count() * packed.count());
  for (size_t p = 0; p < packed.panels(); ++p) {
    kernels.multiply(block.data(), block.count(), packed.panel(p), packed.panel_count(p), dimensions, tile.data(),
                     panel_columns);
    for (size_t r = 0; r < block.count(); ++r)
      std::copy_n(tile.data() + r * panel_columns, packed.panel_count(p),
                  products.data() + r * packed.count() + p * panel_columns);
  }
  return products;
}

/// The same, rows that go over columns which are not laid out.
std::vector<int32_t> scanned_products(const product_kernels& kernels, const std::vector<int8_t>& rows,
                                      const std::vector<int8_t>& columns, uint32_t dimensions) {
  prepared_rows block(dimensions, kernels);
  block.fill(rows);
  const size_t count = columns.size() / dimensions;
  std::vector<int32_t> products(block.count() * count);
  for (size_t r = 0; r < block.count(); ++r)
    kernels.scan(block.row(r), columns.data(), count, dimensions, products.data() + r * count);
  return products;
}

} // namespace

TEST_CASE("every set of kernels that this CPU runs gives the plain products") {
  const auto sets = kernel_sets();
  CHECK(sets.front()->name == "portable");
  random_source draw(1);
  std::vector<uint32_t> sizes{384, 768, 4'096};
  for (uint32_t d = 1; d <= 100; ++d)
    sizes.push_back(d);
  for (const uint32_t dimensions : sizes) {
    const auto rows = random_points(draw, 1 + draw.below(15), dimensions);
    const auto columns = random_points(draw, 1 + draw.below(130), dimensions);
    const auto want = plain_products(rows, columns, dimensions);
    for (const auto* kernels : sets) {
      CAPTURE(dimensions);
      CAPTURE(std::string(kernels->name));
      CHECK(products_of(*kernels, rows, columns, dimensions) == want);
      CHECK(scanned_products(*kernels, rows, columns, dimensions) == want);
    }
  }
}

TEST_CASE("any number of columns of a panel has its products, with every set of kernels") {
  random_source draw(11);
  const auto rows = random_points(draw, 13, 21);
  for (size_t count = 1; count <= panel_columns; ++count) {
    CAPTURE(count);
    const auto columns = random_points(draw, count, 21);
    for (const auto* kernels : kernel_sets())
      CHECK(products_of(*kernels, rows, columns, 21) == plain_products(rows, columns, 21));
  }
}

TEST_CASE("the largest values overflow in no set of kernels") {
  for (const uint32_t dimensions : {1u, 3u, 384u, 4'096u, 65'536u})
    for (const int row : {-128, -127, 127})
      for (const int column : {-128, -127, 127})
        for (const auto* kernels : kernel_sets()) {
          CAPTURE(dimensions);
          CAPTURE(row);
          CAPTURE(column);
          CAPTURE(std::string(kernels->name));
          const size_t count = dimensions > 4'096 ? 3 : 65;
          const std::vector<int8_t> rows(7 * dimensions, static_cast<int8_t>(row));
          const std::vector<int8_t> columns(count * dimensions, static_cast<int8_t>(column));
          const std::vector<int32_t> want(7 * count, static_cast<int32_t>(dimensions) * row * column);
          CHECK(products_of(*kernels, rows, columns, dimensions) == want);
          CHECK(scanned_products(*kernels, rows, columns, dimensions) == want);
        }
}

TEST_CASE("the largest product of each lane is taken, of equal ones the first") {
  random_source draw(2);
  for (const auto* kernels : kernel_sets())
    for (size_t count = 1; count <= panel_columns; ++count) {
      CAPTURE(std::string(kernels->name));
      CAPTURE(count);
      constexpr size_t rows = 3, panels = 3;
      std::array<lane_maxima, rows> maxima, want;
      for (auto& m : maxima) {
        std::fill(std::begin(m.products), std::end(m.products), -1'000);
        std::fill(std::begin(m.columns), std::end(m.columns), 0);
      }
      want = maxima;
      for (uint32_t p = 0; p < panels; ++p) {
        const size_t columns = p + 1 == panels ? count : panel_columns;
        std::vector<int32_t> products(rows * panel_columns, 1'000); // beyond the last column: not looked at
        for (size_t r = 0; r < rows; ++r)
          for (size_t c = 0; c < columns; ++c) {
            const auto product = products[r * panel_columns + c] = static_cast<int32_t>(draw.below(9)) - 4;
            const auto lane = c % lane_maxima::lanes;
            if (product > want[r].products[lane]) {
              want[r].products[lane] = product;
              want[r].columns[lane] = static_cast<int32_t>(p * panel_columns + c);
            }
          }
        kernels->take_largest(products.data(), rows, columns, p * panel_columns, maxima.data());
      }
      for (size_t r = 0; r < rows; ++r) {
        CHECK(std::equal(std::begin(maxima[r].products), std::end(maxima[r].products), want[r].products));
        CHECK(std::equal(std::begin(maxima[r].columns), std::end(maxima[r].columns), want[r].columns));
      }
    }
}

TEST_CASE("rows are added to sums and taken off again") {
  random_source draw(3);
  for (size_t count = 1; count <= 100; ++count) {
    const auto row = random_points(draw, 1, count);
    const std::vector<int32_t> numbers(count, 1'000'000);
    for (const auto* kernels : kernel_sets()) {
      CAPTURE(std::string(kernels->name));
      auto sums = numbers;
      kernels->add_row(row.data(), count, 1, sums.data());
      for (size_t i = 0; i < count; ++i)
        CHECK(sums[i] == numbers[i] + row[i]);
      kernels->add_row(row.data(), count, -1, sums.data());
      CHECK(sums == numbers);
    }
  }
}
