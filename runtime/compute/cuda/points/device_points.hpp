#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/device_pool.hpp"
#include "runtime/compute/cuda/base/stream.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace weft::cuda {

/// Where points are worked on: memory of a device, and the stream that orders the work. The stream outlives what is
/// made with it; one thread at a time. That device is the current one of the thread.
struct device_place {
  std::shared_ptr<device_pool> memory;
  const stream* order = nullptr;
};

/// Points of 8 bits in device memory, in rows of stride_of(dimensions) bytes with zeros at their end.
class device_points {
public:
  /// Room for `count` points of zeros. errc::overloaded: it does not fit the device.
  static result<device_points> make(size_t count, uint32_t dimensions, const device_place& at);
  /// points: [count, dimensions]. REQUIRES: whole points, 1 to 4 096 dimensions.
  static result<device_points> upload(std::span<const int8_t> points, uint32_t dimensions, const device_place& at);

  /// REQUIRES: as many points as there are.
  status write(std::span<const int8_t> points);
  /// Waits for the stream. REQUIRES: as above.
  status read(std::span<int8_t> points) const;

  int8_t* data() const noexcept { return memory_.as<int8_t>(); }
  uint32_t count() const noexcept { return count_; }
  uint32_t dimensions() const noexcept { return dimensions_; }
  uint32_t stride() const noexcept { return stride_; }
  size_t bytes() const noexcept { return size_t{count_} * stride_; }

private:
  device_buffer memory_;
  const stream* order_ = nullptr;
  uint32_t count_ = 0;
  uint32_t dimensions_ = 0;
  uint32_t stride_ = 0;
};

} // namespace weft::cuda
