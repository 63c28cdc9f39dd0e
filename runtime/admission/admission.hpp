#pragma once

#include "runtime/admission/call_limits.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace weft {

/// The credit of one call. Gives it back when it goes; the call holds it (call::hold), so credit and call end together.
using permit_ptr = std::shared_ptr<void>;

/// The gate in front of the actors: their mailboxes have no bound, so credit is taken before one is written to.
/// Counts calls and bytes of text in flight. Thread-safe, lock-free on the way in and out; a refusal touches a counter
/// or two and builds its message, no more.
/// Shared: permits keep it alive, so calls may outlive whoever made the gate. REQUIRES: made by std::make_shared.
class admission : public std::enable_shared_from_this<admission> {
public:
  explicit admission(const call_limits& limits) noexcept { set_limits(limits); }
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// A permit for the call, or errc::draining, errc::overloaded (with retry_after), or what measure_call() finds.
  result<permit_ptr> admit(const embed_request& request);

  /// Holds from the next call on; calls inside stay.
  void set_limits(const call_limits& limits) noexcept;
  call_limits limits() const noexcept;

  /// Admits nothing from now on. `idle` runs once, on the thread that lets go of the last permit, or here and now when
  /// none is out; it must not block. A second close() replaces an `idle` that has not run yet by running both.
  void close(std::function<void()> idle);
  bool closed() const noexcept { return closed_.load(); }

  uint64_t calls_in_flight() const noexcept { return calls_.load(std::memory_order_relaxed); }
  uint64_t bytes_in_flight() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  /// Calls that were admitted and are gone.
  uint64_t calls_done() const noexcept { return done_.load(std::memory_order_relaxed); }
  uint64_t calls_refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
  class permit;

  failure refuse(failure reason) noexcept;
  void leave(uint64_t bytes) noexcept;
  void tell_idle();

  // Atomic one by one: a reader may see a mix of old and new limits for a moment, and each is a valid limit.
  std::atomic<uint32_t> calls_max_{0}, items_max_{0};
  std::atomic<uint64_t> bytes_max_{0}, text_bytes_max_{0}, call_bytes_max_{0};
  std::atomic<uint64_t> calls_{0}, bytes_{0}, done_{0}, refused_{0};
  std::atomic<bool> closed_{false};
  std::mutex idle_mutex_;
  std::function<void()> idle_;
};

/// Clients that were refused come back after this; about the time in which a full node ends some of its calls.
inline constexpr std::chrono::milliseconds overload_retry_after{100};

} // namespace weft
