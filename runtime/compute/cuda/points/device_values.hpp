#pragma once

#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/device_points.hpp"

#include <cuda_runtime_api.h>

namespace weft::cuda {

/// Room for `count` values, every byte of which is `byte`.
template <class T> result<device_buffer> filled_values(size_t count, int byte, const device_place& at) {
  auto out = at.memory->allocate_for<T>(count, at.order->get());
  if (out && count > 0)
    WEFT_CUDA_TRY(cudaMemsetAsync(out->data(), byte, count * sizeof(T), at.order->get()));
  return out;
}

/// The same values on the device. `values` may go once this returns.
template <class T> result<device_buffer> uploaded_values(std::span<const T> values, const device_place& at) {
  auto out = at.memory->allocate_for<T>(values.size(), at.order->get());
  if (out && !values.empty())
    WEFT_CUDA_TRY(
        cudaMemcpyAsync(out->data(), values.data(), values.size_bytes(), cudaMemcpyHostToDevice, at.order->get()));
  return out;
}

/// Copies values to the host and waits for them, and for all that was queued before.
template <class T> status read_values(std::span<T> values, const device_buffer& from, const stream& order) {
  // First, with its limit: a copy to memory that is not page-locked waits for the stream itself, without one.
  WEFT_TRY(order.wait());
  if (!values.empty())
    WEFT_CUDA_TRY(
        cudaMemcpyAsync(values.data(), from.data(), values.size_bytes(), cudaMemcpyDeviceToHost, order.get()));
  return order.wait();
}

} // namespace weft::cuda
