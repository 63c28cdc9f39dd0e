#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <cuda_runtime_api.h>
#include <utility>

namespace weft::cuda {

/// How long the host waits for a device: a part takes milliseconds, an iteration over all points tens of them, and a
/// checking tool makes that a hundred times longer. A device that says nothing for so long is lost, see no_answer().
inline constexpr std::chrono::seconds answer_max{60};

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
  /// Waits until all work is done, at most answer_max; gives the failure of the first that failed.
  status wait() const;

private:
  explicit stream(cudaStream_t handle) noexcept : handle_(handle) {}
  cudaStream_t handle_;
};

/// Owns an event of the current device: a point in a stream that others wait for.
class event {
public:
  enum class kind {
    order, ///< no time is kept: cheaper
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
  /// The host waits for it, at most answer_max.
  status wait() const;
  /// Whether wait() would return at once; true too where the work before it failed.
  bool passed() const noexcept;
  /// From `begin` to this event. REQUIRES: both are timers and have passed.
  result<float> milliseconds_since(const event& begin) const;

private:
  explicit event(cudaEvent_t handle) noexcept : handle_(handle) {}
  cudaEvent_t handle_;
};

} // namespace weft::cuda
