#include "runtime/compute/cuda/base/device_pool.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <string>

namespace weft::cuda {

namespace {

constexpr size_t rounded(size_t bytes) {
  return (bytes + pool_granularity - 1) / pool_granularity * pool_granularity;
}

} // namespace

device_buffer::~device_buffer() {
  if (pool_)
    pool_->release(data_, bytes_, order_);
}

std::shared_ptr<device_pool> device_pool::make(std::unique_ptr<memory_source> source, size_t bytes_max) {
  WEFT_ASSERT(source != nullptr);
  return std::shared_ptr<device_pool>(new device_pool(std::move(source), bytes_max));
}

result<device_buffer> device_pool::allocate(size_t bytes, stream_handle order) {
  if (bytes == 0)
    return device_buffer{};
  {
    const std::lock_guard hold(mutex_);
    if (bytes > bytes_max_ || rounded(bytes) > bytes_max_ - std::min(bytes_used_, bytes_max_))
      return failure{errc::overloaded, "device memory: " + std::to_string(bytes) + " bytes do not fit beside the " +
                                           std::to_string(bytes_used_) + " in use of " + std::to_string(bytes_max_) +
                                           "; give the engine more memory, or take smaller batches"};
    bytes_used_ += rounded(bytes);
    bytes_peak_ = std::max(bytes_peak_, bytes_used_);
  }
  auto memory = source_->allocate(bytes, order);
  if (!memory) {
    const std::lock_guard hold(mutex_);
    bytes_used_ -= rounded(bytes);
    return std::move(memory.error());
  }
  device_buffer out;
  out.pool_ = shared_from_this();
  out.data_ = *memory;
  out.bytes_ = bytes;
  out.order_ = order;
  return out;
}

void device_pool::release(void* memory, size_t bytes, stream_handle order) noexcept {
  source_->release(memory, order);
  const std::lock_guard hold(mutex_);
  WEFT_ASSERT(bytes_used_ >= rounded(bytes));
  bytes_used_ -= rounded(bytes);
}

size_t device_pool::bytes_used() const {
  const std::lock_guard hold(mutex_);
  return bytes_used_;
}

size_t device_pool::bytes_peak() const {
  const std::lock_guard hold(mutex_);
  return bytes_peak_;
}

} // namespace weft::cuda
