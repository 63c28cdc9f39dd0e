#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/memory_source.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace weft::cuda {

/// The stream-ordered allocator of device `device`, with a memory pool of its own that keeps freed memory for the next
/// allocation, up to `bytes_kept_max`. Where device or driver have no such pools (some virtual devices), plain
/// allocation, which keeps nothing and waits for the device with each release.
result<std::unique_ptr<memory_source>> make_device_memory(int device, size_t bytes_kept_max);

/// Page-locked memory of the host: copies from and to it run beside kernels.
class pinned_buffer {
public:
  pinned_buffer() = default;
  static result<pinned_buffer> make(size_t bytes);
  pinned_buffer(pinned_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  pinned_buffer& operator=(pinned_buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~pinned_buffer();

  std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }
  template <class T> std::span<T> as() const noexcept { return {static_cast<T*>(data_), bytes_ / sizeof(T)}; }
  size_t bytes() const noexcept { return bytes_; }

private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

} // namespace weft::cuda
