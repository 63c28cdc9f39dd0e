#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/memory_source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace weft::cuda {

class device_pool;

/// Memory of a device; goes back to its pool in the order of the stream that it was taken for.
class device_buffer {
public:
  device_buffer() = default;
  device_buffer(device_buffer&& other) noexcept { swap(other); }
  device_buffer& operator=(device_buffer&& other) noexcept {
    device_buffer gone(std::move(*this));
    swap(other);
    return *this;
  }
  ~device_buffer();

  std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }
  template <class T> T* as() const noexcept { return static_cast<T*>(data_); }
  size_t bytes() const noexcept { return bytes_; } ///< as asked for

private:
  friend class device_pool;
  void swap(device_buffer& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(order_, other.order_);
  }

  std::shared_ptr<device_pool> pool_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
  stream_handle order_ = nullptr;
};

/// Memory of one device within a budget, so that an engine leaves room to whoever shares the device. What does not fit
/// is refused with errc::overloaded before the device is asked: the engine then takes smaller batches. Thread-safe;
/// lives until its last buffer is gone.
class device_pool : public std::enable_shared_from_this<device_pool> {
public:
  static std::shared_ptr<device_pool> make(std::unique_ptr<memory_source> source, size_t bytes_max);

  /// Fails with errc::overloaded: over the budget, or the device has no more. 0 bytes give an empty buffer.
  result<device_buffer> allocate(size_t bytes, stream_handle order);

  /// Room for `count` values of T.
  template <class T> result<device_buffer> allocate_for(size_t count, stream_handle order) {
    if (count > SIZE_MAX / sizeof(T))
      return failure{errc::overloaded, "more values than memory can have"};
    return allocate(count * sizeof(T), order);
  }

  size_t bytes_max() const noexcept { return bytes_max_; }
  size_t bytes_used() const;
  size_t bytes_peak() const; ///< the most that was ever used

private:
  friend class device_buffer;
  device_pool(std::unique_ptr<memory_source> source, size_t bytes_max)
      : source_(std::move(source)), bytes_max_(bytes_max) {}
  void release(void* memory, size_t bytes, stream_handle order) noexcept;

  const std::unique_ptr<memory_source> source_;
  const size_t bytes_max_;
  mutable std::mutex mutex_;
  size_t bytes_used_ = 0; ///< rounded up to pool_granularity
  size_t bytes_peak_ = 0;
};

/// What a device rounds allocations up to; the budget counts so too.
inline constexpr size_t pool_granularity = 512;

} // namespace weft::cuda
