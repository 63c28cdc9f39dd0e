#pragma once

#include "runtime/compute/cuda/points/assign_kernel.cuh"
#include "runtime/compute/cuda/points/move_sums_kernel.cuh"
#include "runtime/compute/cuda/points/sum_squares_kernel.cuh"
#include "runtime/compute/cuda/points/update_centroids_kernel.cuh"
#include "runtime/points/kmeans_steps.hpp"
#include "runtime/ports/engine.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace weft::cuda {

/// Runs a kernel on the host as a device would, in an order of threads that the seed decides.
template <class Kernel, class Arguments> void run_emulated(Kernel kernel, const Arguments& arguments, uint64_t seed) {
  const kernel_shape shape = shape_of(arguments);
  emulator::launch({.grid = {shape.blocks}, .block = {shape.threads}, .shared_bytes = shape.shared_bytes, .seed = seed},
                   [&] { kernel(arguments); });
}

/// Points as a device keeps them: [count, stride].
inline std::vector<int8_t> padded(std::span<const int8_t> points, uint32_t dimensions) {
  const size_t count = points.size() / dimensions, stride = stride_of(dimensions);
  std::vector<int8_t> out(count * stride);
  for (size_t p = 0; p < count; ++p)
    std::memcpy(out.data() + p * stride, points.data() + p * dimensions, dimensions);
  return out;
}

/// k-means with the kernels in the order in which a device runs them: the steps of iterate_kmeans().
class emulated_kmeans {
public:
  emulated_kmeans(const kmeans_work& work, uint64_t seed)
      : dimensions_(work.dimensions), clusters_(static_cast<uint32_t>(work.centroids.size() / work.dimensions)),
        count_(static_cast<uint32_t>(work.points.size() / work.dimensions)), seed_(seed),
        points_(padded(work.points, dimensions_)), centroids_(padded(work.centroids, dimensions_)),
        labels_(count_, no_cluster), nearest_(count_), similarities_(count_), sums_(size_t{clusters_} * dimensions_),
        counts_(clusters_) {
    unsigned long long squares = 0;
    if (count_ > 0)
      run_emulated(sum_squares_kernel, squares_arguments{points_.data(), &squares, points_.size()}, seed_);
    radius_ = radius_of(squares, count_);
  }

  result<uint64_t> assign() {
    unsigned long long changed = 0;
    const uint32_t stride = stride_of(dimensions_);
    if (count_ > 0) {
      run_emulated(assign_kernel,
                   assign_arguments{{points_.data(), centroids_.data(), count_, clusters_, stride},
                                    nearest_.data(),
                                    similarities_.data()},
                   ++seed_);
      run_emulated(move_sums_kernel,
                   move_arguments{points_.data(), nearest_.data(), labels_.data(), sums_.data(), counts_.data(),
                                  &changed, count_, stride, dimensions_},
                   ++seed_);
    }
    return uint64_t{changed};
  }

  // The steps of take_step(), as a device keeps them between pieces of work.
  const std::vector<int8_t>& centroids() const { return last_; }
  status restart() {
    last_.clear();
    std::fill(labels_.begin(), labels_.end(), no_cluster);
    std::fill(sums_.begin(), sums_.end(), 0);
    std::fill(counts_.begin(), counts_.end(), 0);
    return ok;
  }
  result<uint64_t> assign(const std::vector<int8_t>& to) {
    centroids_ = padded(to, dimensions_);
    last_ = to;
    return assign();
  }

  status update() {
    run_emulated(update_centroids_kernel,
                 update_arguments{sums_.data(), counts_.data(), centroids_.data(), radius_, clusters_, dimensions_,
                                  stride_of(dimensions_)},
                 ++seed_);
    return ok;
  }

  uint64_t radius() const { return radius_; }
  const std::vector<int32_t>& sums() const { return sums_; }
  const std::vector<int32_t>& counts() const { return counts_; }
  kmeans_output output(uint32_t iterations) const {
    kmeans_output out{labels_, similarities_, std::vector<int8_t>(size_t{clusters_} * dimensions_), iterations};
    for (size_t c = 0; c < clusters_; ++c)
      std::memcpy(out.centroids.data() + c * dimensions_, centroids_.data() + c * stride_of(dimensions_), dimensions_);
    return out;
  }

private:
  uint32_t dimensions_, clusters_, count_;
  uint64_t seed_;
  std::vector<int8_t> points_, centroids_, last_;
  std::vector<uint32_t> labels_, nearest_;
  std::vector<int32_t> similarities_, sums_, counts_;
  uint64_t radius_ = 0;
};

} // namespace weft::cuda
