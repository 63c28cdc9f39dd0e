#pragma once

#include "runtime/corpus/shard_search.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft::bench {

/// Vectors of length 1, as they were embedded.
struct float_rows {
  std::span<const float> values; ///< [rows, dimensions]
  uint32_t dimensions = 0;

  size_t count() const noexcept { return values.size() / dimensions; }
};

using query_hits = std::vector<std::vector<search_hit>>; // [queries], each the nearest first

// What somebody writes who has floats and one core: plain loops, compiled for the CPU that runs them, rows read from
// memory once for all that they are multiplied with.

/// The `count` items with the largest products of each query; sums in float.
query_hits scan_floats(const float_rows& items, const float_rows& queries, uint32_t count);
/// An iteration of k-means: gives each row the centroid with the largest product, then makes centroids the mean
/// directions. centroids: [clusters, dimensions].
std::vector<uint32_t> iterate_floats(const float_rows& items, std::vector<float>& centroids);
/// The rows that a row before is within this cosine of, where rows that have such a one are not compared with.
/// [items]: that row, or kept_itself.
std::vector<uint32_t> leaders_of_floats(const float_rows& items, float cosine);

// What has to come out, by loops without any cleverness. Slower; to compare with, not to time.

/// As search_shard() says: sums in double in the order of the dimensions, of equal scores the lowest items.
query_hits scan_exactly(const float_rows& items, const float_rows& queries, uint32_t count);
/// The centroid with the largest product of points of 8 bits, of equal ones the first. Of every `stride`-th point.
std::vector<uint32_t> labels_of_points(std::span<const int8_t> points, std::span<const int8_t> centroids,
                                       uint32_t dimensions, size_t stride);
/// As find_leaders() of runtime/points says.
std::vector<uint32_t> leaders_of_points(std::span<const int8_t> points, uint32_t dimensions, uint32_t similarity);

} // namespace weft::bench
