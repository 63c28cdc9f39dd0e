#include "tests/bench/corpus_plain.hpp"

#include "runtime/points/integer_root.hpp"
#include "runtime/points/leaders.hpp"

#include <algorithm>
#include <array>
#include <cmath>

// Each function so marked is compiled for several CPUs, and the best that this machine runs is taken.
#if defined(__x86_64__)
#define WEFT_FOR_EACH_CPU __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define WEFT_FOR_EACH_CPU
#endif

namespace weft::bench {

// Not in the unnamed namespace: functions for several CPUs need a name that the loader sees.
void float_products(const float* rows, size_t row_count, const float* columns, size_t column_count, size_t dimensions,
                    float* products);
void exact_products(const float* row, const double* columns, size_t dimensions, double* products);
void integer_products(const int8_t* row, const int8_t* columns, size_t column_count, size_t dimensions,
                      int32_t* products);

/// Four columns at a time, so that sums do not wait for each other. products: [rows, columns].
WEFT_FOR_EACH_CPU void float_products(const float* rows, size_t row_count, const float* columns, size_t column_count,
                                      size_t dimensions, float* products) {
  for (size_t r = 0; r < row_count; ++r) {
    const float* const row = rows + r * dimensions;
    float* const out = products + r * column_count;
    size_t c = 0;
    for (; c + 4 <= column_count; c += 4) {
      const float* const column = columns + c * dimensions;
      float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
#pragma omp simd reduction(+ : sum0, sum1, sum2, sum3)
      for (size_t d = 0; d < dimensions; ++d) {
        sum0 += row[d] * column[d];
        sum1 += row[d] * column[dimensions + d];
        sum2 += row[d] * column[2 * dimensions + d];
        sum3 += row[d] * column[3 * dimensions + d];
      }
      out[c] = sum0;
      out[c + 1] = sum1;
      out[c + 2] = sum2;
      out[c + 3] = sum3;
    }
    for (; c < column_count; ++c) {
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (size_t d = 0; d < dimensions; ++d)
        sum += row[d] * columns[c * dimensions + d];
      out[c] = sum;
    }
  }
}

namespace {
constexpr size_t exact_columns = 8;
}

/// Each sum in the order of the dimensions; several at a time. columns: [dimensions, exact_columns].
WEFT_FOR_EACH_CPU void exact_products(const float* row, const double* columns, size_t dimensions, double* products) {
  double sums[exact_columns] = {};
  for (size_t d = 0; d < dimensions; ++d)
    for (size_t c = 0; c < exact_columns; ++c)
      sums[c] += double{row[d]} * columns[d * exact_columns + c]; // exact: 24 by 24 bits
  std::copy_n(sums, exact_columns, products);
}

WEFT_FOR_EACH_CPU void integer_products(const int8_t* row, const int8_t* columns, size_t column_count,
                                        size_t dimensions, int32_t* products) {
  for (size_t c = 0; c < column_count; ++c) {
    int32_t sum = 0;
    for (size_t d = 0; d < dimensions; ++d)
      sum += int32_t{row[d]} * columns[c * dimensions + d];
    products[c] = sum;
  }
}

namespace {

bool is_better(const search_hit& a, const search_hit& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

/// The best so far of one query.
void offer(std::vector<search_hit>& best, const search_hit& hit, uint32_t count) {
  if (best.size() == count) {
    if (!is_better(hit, best.front())) // the front is the worst
      return;
    std::pop_heap(best.begin(), best.end(), is_better);
    best.pop_back();
  }
  best.push_back(hit);
  std::push_heap(best.begin(), best.end(), is_better);
}

query_hits sorted(query_hits best) {
  for (auto& of_query : best)
    std::sort_heap(of_query.begin(), of_query.end(), is_better);
  return best;
}

constexpr size_t block_rows = 16; ///< that stay in the first-level cache while columns pass by

} // namespace

query_hits scan_floats(const float_rows& items, const float_rows& queries, uint32_t count) {
  const size_t dimensions = items.dimensions, columns = queries.count();
  query_hits best(columns);
  std::vector<float> products(block_rows * columns);
  for (size_t first = 0; first < items.count(); first += block_rows) {
    const size_t rows = std::min(block_rows, items.count() - first);
    float_products(items.values.data() + first * dimensions, rows, queries.values.data(), columns, dimensions,
                   products.data());
    for (size_t r = 0; r < rows; ++r)
      for (size_t q = 0; q < columns; ++q)
        offer(best[q], {static_cast<uint32_t>(first + r), products[r * columns + q]}, count);
  }
  return sorted(std::move(best));
}

std::vector<uint32_t> iterate_floats(const float_rows& items, std::vector<float>& centroids) {
  const size_t dimensions = items.dimensions, clusters = centroids.size() / dimensions;
  std::vector<uint32_t> labels;
  std::vector<float> sums(centroids.size()), products(block_rows * clusters);
  for (size_t first = 0; first < items.count(); first += block_rows) {
    const size_t rows = std::min(block_rows, items.count() - first);
    const float* const block = items.values.data() + first * dimensions;
    float_products(block, rows, centroids.data(), clusters, dimensions, products.data());
    for (size_t r = 0; r < rows; ++r) {
      const float* const of_row = products.data() + r * clusters;
      const auto label = static_cast<size_t>(std::max_element(of_row, of_row + clusters) - of_row);
      labels.push_back(static_cast<uint32_t>(label));
      for (size_t d = 0; d < dimensions; ++d)
        sums[label * dimensions + d] += block[r * dimensions + d];
    }
  }
  for (size_t c = 0; c < clusters; ++c) {
    float squares = 0;
    for (size_t d = 0; d < dimensions; ++d)
      squares += sums[c * dimensions + d] * sums[c * dimensions + d];
    for (size_t d = 0; d < dimensions && squares > 0; ++d)
      centroids[c * dimensions + d] = sums[c * dimensions + d] / std::sqrt(squares);
  }
  return labels;
}

std::vector<uint32_t> leaders_of_floats(const float_rows& items, float cosine) {
  constexpr size_t columns_max = 64; // that stay in the second-level cache while a block of rows passes by
  const size_t dimensions = items.dimensions;
  std::vector<float> kept, products(block_rows * columns_max);
  std::vector<uint32_t> kept_items, leaders;
  for (size_t first = 0; first < items.count(); first += block_rows) {
    const size_t rows = std::min(block_rows, items.count() - first);
    const float* const block = items.values.data() + first * dimensions;
    leaders.resize(first + rows, kept_itself);
    for (size_t k = 0; k < kept_items.size(); k += columns_max) {
      const size_t columns = std::min(columns_max, kept_items.size() - k);
      float_products(block, rows, kept.data() + k * dimensions, columns, dimensions, products.data());
      for (size_t r = 0; r < rows; ++r)
        for (size_t c = 0; c < columns && leaders[first + r] == kept_itself; ++c)
          if (products[r * columns + c] >= cosine)
            leaders[first + r] = kept_items[k + c];
    }
    float_products(block, rows, block, rows, dimensions, products.data());
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < r && leaders[first + r] == kept_itself; ++c)
        if (leaders[first + c] == kept_itself && products[r * rows + c] >= cosine)
          leaders[first + r] = static_cast<uint32_t>(first + c);
      if (leaders[first + r] == kept_itself) {
        kept_items.push_back(static_cast<uint32_t>(first + r));
        kept.insert(kept.end(), block + r * dimensions, block + (r + 1) * dimensions);
      }
    }
  }
  return leaders;
}

query_hits scan_exactly(const float_rows& items, const float_rows& queries, uint32_t count) {
  const size_t dimensions = items.dimensions;
  query_hits best(queries.count());
  for (size_t first = 0; first < queries.count(); first += exact_columns) {
    const size_t columns = std::min(exact_columns, queries.count() - first);
    std::vector<double> turned(dimensions * exact_columns);
    for (size_t c = 0; c < columns; ++c)
      for (size_t d = 0; d < dimensions; ++d)
        turned[d * exact_columns + c] = queries.values[(first + c) * dimensions + d];
    std::array<double, exact_columns> scores{};
    for (size_t i = 0; i < items.count(); ++i) {
      exact_products(items.values.data() + i * dimensions, turned.data(), dimensions, scores.data());
      for (size_t c = 0; c < columns; ++c)
        offer(best[first + c], {static_cast<uint32_t>(i), scores[c]}, count);
    }
  }
  return sorted(std::move(best));
}

std::vector<uint32_t> labels_of_points(std::span<const int8_t> points, std::span<const int8_t> centroids,
                                       uint32_t dimensions, size_t stride) {
  const size_t clusters = centroids.size() / dimensions;
  std::vector<int32_t> products(clusters);
  std::vector<uint32_t> labels;
  for (size_t first = 0; first < points.size(); first += stride * dimensions) {
    integer_products(points.data() + first, centroids.data(), clusters, dimensions, products.data());
    labels.push_back(static_cast<uint32_t>(std::max_element(products.begin(), products.end()) - products.begin()));
  }
  return labels;
}

std::vector<uint32_t> leaders_of_points(std::span<const int8_t> points, uint32_t dimensions, uint32_t similarity) {
  std::vector<int8_t> kept;
  std::vector<uint32_t> kept_items, leaders;
  std::vector<int64_t> kept_lengths;
  std::vector<int32_t> products;
  for (size_t i = 0; i * dimensions < points.size(); ++i) {
    const int8_t* const point = points.data() + i * dimensions;
    uint64_t squares = 0;
    for (size_t d = 0; d < dimensions; ++d)
      squares += static_cast<uint64_t>(int{point[d]} * point[d]);
    const auto length = static_cast<int64_t>(integer_root(squares << 16));
    products.resize(kept_items.size());
    integer_products(point, kept.data(), kept_items.size(), dimensions, products.data());
    size_t k = 0;
    while (k < kept_items.size() &&
           int64_t{products[k]} * 65'536 * similarity_one < int64_t{similarity} * length * kept_lengths[k])
      ++k;
    leaders.push_back(k < kept_items.size() ? kept_items[k] : kept_itself);
    if (k < kept_items.size())
      continue;
    kept_items.push_back(static_cast<uint32_t>(i));
    kept_lengths.push_back(length);
    kept.insert(kept.end(), point, point + dimensions);
  }
  return leaders;
}

} // namespace weft::bench
