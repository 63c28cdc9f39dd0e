#pragma once

#include "runtime/compute/cuda/points/device_points.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace weft::cuda {

/// A range of the points of a k-means, kept on one device between iterations: kmeans_shard of runtime/points, with the
/// same bits. Alone it runs whole iterations on the device (iterate_kmeans()); where several devices share the points,
/// each assigns to the same centroids, the sums are added, and the centroids that follow are written to all.
/// Errors: errc::overloaded where it does not fit, errc::engine_failed where the device fails; what was computed is
/// then lost.
class device_kmeans {
public:
  /// points: [points, dimensions]. REQUIRES: 1 to 4 096 dimensions, whole points, 1 cluster at least.
  static result<device_kmeans> make(std::span<const int8_t> points, uint32_t dimensions, uint32_t clusters,
                                    const device_place& at);
  /// Of points that are on the device already.
  static result<device_kmeans> make(std::shared_ptr<const device_points> points, uint32_t clusters,
                                    const device_place& at);

  /// centroids: [clusters, dimensions]. Before the first assign().
  status write_centroids(std::span<const int8_t> centroids) { return centroids_.write(centroids); }
  /// As if there had been no assign().
  status restart();
  /// Gives each point its centroid and moves it between the sums. Returns how many labels changed.
  result<uint64_t> assign();
  /// Moves the centroids by this device's sums alone. REQUIRES: set_radius().
  status update();

  /// Of this device's points.
  result<uint64_t> sum_of_squares() const;
  /// radius_of() all points that take part.
  void set_radius(uint64_t radius) noexcept { radius_ = radius; }

  uint32_t points() const noexcept { return points_->count(); }
  uint32_t clusters() const noexcept { return centroids_.count(); }
  result<cluster_sums> sums() const;
  /// labels, similarities: [points], of the last assign().
  status read_points(std::span<uint32_t> labels, std::span<int32_t> similarities) const;
  status read_centroids(std::span<int8_t> centroids) const { return centroids_.read(centroids); }

private:
  device_place at_;
  std::shared_ptr<const device_points> points_;
  device_points centroids_;
  device_buffer labels_;
  device_buffer nearest_;
  device_buffer similarities_;
  device_buffer sums_;
  device_buffer counts_;
  device_buffer changed_;
  uint64_t radius_ = 0;
};

} // namespace weft::cuda
