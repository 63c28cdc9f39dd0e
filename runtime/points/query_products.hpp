#pragma once

#include "runtime/points/packed_columns.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// Products of queries with any number of points, which pass by a block after the other. Laying out a block costs as
/// much as several queries, so few of them go over the points as they are. The same bits either way. Not thread-safe.
class query_products {
public:
  /// Up to so many go over the points as they are. With 384 dimensions that was no slower than laying out with any set
  /// of kernels; with the wider ones it would pay for more queries.
  static constexpr size_t few_max = 4;

  /// queries: [queries, dimensions]. REQUIRES: dimensions > 0.
  query_products(std::span<const int8_t> queries, uint32_t dimensions,
                 const product_kernels& kernels = best_product_kernels());

  /// Calls take(query, point, product) for all of them; of each query points come in ascending order.
  /// points: [points, dimensions].
  template <class Take> void for_each(std::span<const int8_t> points, Take take) {
    const size_t count = points.size() / dimensions_;
    for (size_t first = 0; first < count; first += prepared_rows::count_max) {
      const size_t here = std::min(prepared_rows::count_max, count - first);
      const auto block = points.subspan(first * dimensions_, here * dimensions_);
      if (is_few_)
        scan(block, first, take);
      else
        multiply(block, first, take);
    }
  }

private:
  template <class Take> void scan(std::span<const int8_t> block, size_t first, Take& take) {
    const size_t here = block.size() / dimensions_;
    for (size_t q = 0; q < rows_.count(); ++q) {
      kernels_->scan(rows_.row(q), block.data(), here, dimensions_, products_.data());
      for (size_t p = 0; p < here; ++p)
        take(q, first + p, products_[p]);
    }
  }
  template <class Take> void multiply(std::span<const int8_t> block, size_t first, Take& take) {
    rows_.fill(block);
    for (size_t panel = 0; panel < columns_.panels(); ++panel) {
      const size_t queries = columns_.panel_count(panel);
      kernels_->multiply(rows_.data(), rows_.count(), columns_.panel(panel), queries, dimensions_, products_.data(),
                         panel_columns);
      for (size_t q = 0; q < queries; ++q)
        for (size_t p = 0; p < rows_.count(); ++p)
          take(panel * panel_columns + q, first + p, products_[p * panel_columns + q]);
    }
  }

  const product_kernels* kernels_;
  uint32_t dimensions_;
  bool is_few_;
  packed_columns columns_;        ///< the queries; empty where they are few
  prepared_rows rows_;            ///< of few queries: these; else the points of a block
  std::vector<int32_t> products_; ///< of a block: with one query, or [points, panel_columns]
};

} // namespace weft
