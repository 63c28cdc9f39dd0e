#pragma once

#include "runtime/points/packed_columns.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace weft {

/// The label of a point that was not assigned yet.
inline constexpr uint32_t no_cluster = std::numeric_limits<uint32_t>::max();

/// Sums and counts of the points of each cluster. Exact integers, so that adding those of shards in any order gives the
/// same. int32 holds what int64 would: any of 4 Mi points adds at most 128 to a sum, so that it stays within 2^29, over
/// all shards too.
struct cluster_sums {
  std::vector<int32_t> sums;   ///< [clusters, dimensions]
  std::vector<int32_t> counts; ///< [clusters]

  cluster_sums(uint32_t clusters, uint32_t dimensions) : sums(size_t{clusters} * dimensions), counts(clusters) {}
  /// REQUIRES: the same sizes.
  void add(const cluster_sums& other);
};

/// A range of the points, and what it knows between two iterations. Shards share nothing: they may be assigned at the
/// same time, on threads, nodes or devices.
struct kmeans_shard {
  std::span<const int8_t> points;    ///< [points, dimensions]
  std::vector<uint32_t> labels;      ///< [points], no_cluster at first
  std::vector<int32_t> similarities; ///< [points]: products with the centroids of the last assign
  cluster_sums sums;                 ///< by these labels

  kmeans_shard(std::span<const int8_t> range, uint32_t dimensions, uint32_t clusters)
      : points(range), labels(range.size() / dimensions, no_cluster), similarities(labels.size()),
        sums(clusters, dimensions) {}
};

/// Sum of the squares of all values: of shards, added.
uint64_t sum_of_squares(std::span<const int8_t> points);

/// The length that centroids are scaled to, in 1/256: the root of the mean squared length of all points,
/// floor(√(65 536 · squares / points)), the quotient rounded down. 0 points: 0.
uint64_t radius_of(uint64_t squares, uint64_t points);

/// Gives each point the centroid with the largest product, of equal ones the first, and moves it between the sums where
/// that is another one than before. Returns how many labels changed. No matrix of products is kept.
/// REQUIRES: centroids have the shard's dimensions, at least one.
uint64_t assign(kmeans_shard& shard, const packed_columns& centroids);

/// The mean direction of each cluster, scaled to the radius. With T = the cluster's sum, shifted by the number of bits
/// that brings its largest magnitude into [2^24, 2^25) (down: bits are dropped from the magnitude), and N =
/// floor(√ΣT²), each value is sign(T) · min(127, floor((|T| · radius + 128 · N) / (256 · N))): halves away from zero. A
/// cluster without points, or whose sum is zero, keeps its centroid. centroids: [clusters, dimensions].
void update_centroids(const cluster_sums& sums, uint64_t radius, std::span<int8_t> centroids);

} // namespace weft
