#pragma once

#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <functional>
#include <memory>

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

/// shard: outlives what is made.
using assigner_maker = std::function<std::unique_ptr<shard_assigner>(const corpus_shard& shard, uint32_t clusters)>;

/// On this thread, with the best kernels of this CPU.
std::unique_ptr<shard_assigner> make_cpu_assigner(const corpus_shard& shard, uint32_t clusters);

/// By an engine that takes kmeans_work, as all do: each time with a copy of the points, and sums added up here; for
/// devices without an assigner of their own. run: gives work to the engine and waits for it.
std::unique_ptr<shard_assigner> make_engine_assigner(const corpus_shard& shard, uint32_t clusters,
                                                     std::function<result<engine_output>(engine_work)> run);

} // namespace weft
