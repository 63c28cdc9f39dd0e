#pragma once

#include "runtime/corpus/corpus_engine.hpp"
#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <memory>
#include <vector>

namespace weft {

/// The cluster of each of a rank's points.
struct assigned_points {
  std::vector<uint32_t> labels;      ///< [items]
  std::vector<int32_t> similarities; ///< [items]: its product with that cluster's centroid
};

/// The part of k-means that looks at points: on the CPU, or wherever they are kept. Belongs to one rank and its
/// thread. Every kind gives the same bits. Errors: those of the device; what was computed before is then lost.
class shard_assigner {
public:
  virtual ~shard_assigner() = default;
  /// Gives each point the centroid with the largest product, of equal ones the first. Returns how many labels changed;
  /// at first all do. centroids: [clusters, dimensions].
  virtual result<uint64_t> assign(std::span<const int8_t> centroids) = 0;
  /// By the labels of the last assign(). REQUIRES: it returned a number.
  virtual const cluster_sums& sums() const noexcept = 0;
  virtual result<assigned_points> points() = 0;
};

/// On this thread, with the best kernels of this CPU. shard: outlives what is made.
std::unique_ptr<shard_assigner> make_cpu_assigner(const corpus_shard& shard, uint32_t clusters);

/// By all of these engines at once: each has an equal range of the points, which it keeps between two calls, and tells
/// sums and counts; labels come once, at the end. A range whose engine fails, or answers what cannot be, is assigned on
/// this thread from then on. Never fails. REQUIRES: an engine at least.
std::unique_ptr<shard_assigner> make_engines_assigner(std::shared_ptr<const corpus_shard> shard, uint32_t clusters,
                                                      std::vector<corpus_engine> engines);

} // namespace weft
