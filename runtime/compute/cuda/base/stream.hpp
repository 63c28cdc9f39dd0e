#pragma once

#include "runtime/base/result.hpp"

#include <cuda_runtime_api.h>
#include <utility>

namespace weft::cuda {

/// Owns a non-blocking stream of the current device. Destroying it does not wait for its work.
class stream {
public:
  static result<stream> make();
  stream(stream&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  stream& operator=(stream&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~stream();

  cudaStream_t get() const noexcept { return handle_; }
  /// Waits until all work is done; gives the failure of the first that failed.
  status wait() const;

private:
  explicit stream(cudaStream_t handle) noexcept : handle_(handle) {}
  cudaStream_t handle_;
};

/// Owns an event of the current device: a point in a stream that others wait for.
class event {
public:
  enum class kind {
    order, ///< no time is kept: cheaper, and the host may sleep while it waits
    timer, ///< milliseconds_since() works
  };
  static result<event> make(kind what = kind::order);
  event(event&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  event& operator=(event&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~event();

  cudaEvent_t get() const noexcept { return handle_; }
  status record(const stream& where) const;
  /// Later work of `waiting` begins after this event.
  status hold(const stream& waiting) const;
  /// The host waits for it.
  status wait() const;
  /// From `begin` to this event. REQUIRES: both are timers and have passed.
  result<float> milliseconds_since(const event& begin) const;

private:
  explicit event(cudaEvent_t handle) noexcept : handle_(handle) {}
  cudaEvent_t handle_;
};

} // namespace weft::cuda
