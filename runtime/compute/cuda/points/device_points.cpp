#include "runtime/compute/cuda/points/device_points.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/device_values.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

result<device_points> device_points::make(size_t count, uint32_t dimensions, const device_place& at) {
  WEFT_ASSERT(dimensions > 0);
  WEFT_ASSERT(count <= UINT32_MAX);
  device_points out;
  out.order_ = at.order;
  out.count_ = static_cast<uint32_t>(count);
  out.dimensions_ = dimensions;
  out.stride_ = stride_of(dimensions);
  auto memory = filled_values<int8_t>(out.bytes(), 0, at);
  if (!memory)
    return memory.error();
  out.memory_ = std::move(*memory);
  return out;
}

result<device_points> device_points::upload(std::span<const int8_t> points, uint32_t dimensions,
                                            const device_place& at) {
  auto out = make(points.size() / dimensions, dimensions, at);
  if (!out)
    return out;
  WEFT_TRY(out->write(points));
  return out;
}

status device_points::write(std::span<const int8_t> points) {
  WEFT_ASSERT(points.size() == size_t{count_} * dimensions_);
  if (points.empty())
    return ok;
  WEFT_CUDA_TRY(cudaMemcpy2DAsync(data(), stride_, points.data(), dimensions_, dimensions_, count_,
                                  cudaMemcpyHostToDevice, order_->get()));
  return ok;
}

status device_points::read(std::span<int8_t> points) const {
  WEFT_ASSERT(points.size() == size_t{count_} * dimensions_);
  WEFT_TRY(order_->wait()); // as read_values()
  if (!points.empty())
    WEFT_CUDA_TRY(cudaMemcpy2DAsync(points.data(), dimensions_, data(), stride_, dimensions_, count_,
                                    cudaMemcpyDeviceToHost, order_->get()));
  return order_->wait();
}

} // namespace weft::cuda
