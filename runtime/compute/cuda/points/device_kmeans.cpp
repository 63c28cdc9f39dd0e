#include "runtime/compute/cuda/points/device_kmeans.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/device_values.hpp"
#include "runtime/compute/cuda/points/points_kernels.hpp"

namespace weft::cuda {

result<device_kmeans> device_kmeans::make(std::span<const int8_t> points, uint32_t dimensions, uint32_t clusters,
                                          const device_place& at) {
  auto rows = device_points::upload(points, dimensions, at);
  if (!rows)
    return rows.error();
  return make(std::make_shared<const device_points>(std::move(*rows)), clusters, at);
}

result<device_kmeans> device_kmeans::make(std::shared_ptr<const device_points> points, uint32_t clusters,
                                          const device_place& at) {
  WEFT_ASSERT(clusters > 0);
  const uint32_t dimensions = points->dimensions();
  device_kmeans out;
  out.at_ = at;
  out.points_ = std::move(points);
  auto centroids = device_points::make(clusters, dimensions, at);
  if (!centroids)
    return centroids.error();
  out.centroids_ = std::move(*centroids);
  const size_t count = out.points_->count();
  static_assert(no_cluster == 0xFFFF'FFFF);
  struct room {
    device_buffer& memory;
    size_t values;
    int byte;
  };
  for (const auto& [memory, values, byte] : {room{out.labels_, count, 0xFF},
                                             {out.nearest_, count, 0},
                                             {out.similarities_, count, 0},
                                             {out.sums_, size_t{clusters} * dimensions, 0},
                                             {out.counts_, clusters, 0},
                                             {out.changed_, 2, 0}}) {
    auto made = filled_values<uint32_t>(values, byte, at);
    if (!made)
      return made.error();
    memory = std::move(*made);
  }
  return out;
}

status device_kmeans::restart() {
  const auto clear = [this](const device_buffer& memory, int byte) -> status {
    if (memory.bytes() > 0)
      WEFT_CUDA_TRY(cudaMemsetAsync(memory.data(), byte, memory.bytes(), at_.order->get()));
    return ok;
  };
  WEFT_TRY(clear(labels_, 0xFF)); // no_cluster
  WEFT_TRY(clear(sums_, 0));
  return clear(counts_, 0);
}

result<uint64_t> device_kmeans::assign() {
  if (points_->count() == 0)
    return uint64_t{0};
  auto* const changed = changed_.as<unsigned long long>();
  WEFT_CUDA_TRY(cudaMemsetAsync(changed, 0, sizeof *changed, at_.order->get()));
  WEFT_TRY(start(
      assign_arguments{{points_->data(), centroids_.data(), points_->count(), centroids_.count(), points_->stride()},
                       nearest_.as<uint32_t>(),
                       similarities_.as<int32_t>()},
      *at_.order));
  WEFT_TRY(
      start(move_arguments{points_->data(), nearest_.as<uint32_t>(), labels_.as<uint32_t>(), sums_.as<int32_t>(),
                           counts_.as<int32_t>(), changed, points_->count(), points_->stride(), points_->dimensions()},
            *at_.order));
  uint64_t count = 0;
  WEFT_TRY(read_values(std::span(&count, 1), changed_, *at_.order));
  return count;
}

status device_kmeans::update() {
  return start(update_arguments{sums_.as<int32_t>(), counts_.as<int32_t>(), centroids_.data(), radius_,
                                centroids_.count(), points_->dimensions(), points_->stride()},
               *at_.order);
}

result<uint64_t> device_kmeans::sum_of_squares() const {
  if (points_->count() == 0)
    return uint64_t{0};
  const auto sum = filled_values<uint64_t>(1, 0, at_);
  if (!sum)
    return sum.error();
  WEFT_TRY(start(squares_arguments{points_->data(), sum->as<unsigned long long>(), points_->bytes()}, *at_.order));
  uint64_t squares = 0;
  WEFT_TRY(read_values(std::span(&squares, 1), *sum, *at_.order));
  return squares;
}

result<cluster_sums> device_kmeans::sums() const {
  cluster_sums out(centroids_.count(), points_->dimensions());
  WEFT_TRY(read_values(std::span(out.sums), sums_, *at_.order));
  WEFT_TRY(read_values(std::span(out.counts), counts_, *at_.order));
  return out;
}

status device_kmeans::read_points(std::span<uint32_t> labels, std::span<int32_t> similarities) const {
  WEFT_ASSERT(labels.size() == points());
  WEFT_ASSERT(similarities.size() == points());
  WEFT_TRY(read_values(labels, labels_, *at_.order));
  return read_values(similarities, similarities_, *at_.order);
}

} // namespace weft::cuda
