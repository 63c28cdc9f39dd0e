#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/collective.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace weft {

/// What ranks need to find each other's devices: made by one of them, carried to all. NCCL's has this size.
using device_group_id = std::array<std::byte, 128>;

/// Asked while a join waits: true ends it with errc::cancelled. Must return at once. Empty: nothing ends it.
using device_stop_look = std::function<bool()>;

/// What a rank has taken of its device to join one communicator. Of one thread.
class device_place {
public:
  virtual ~device_place() = default;
  /// Waits until all ranks have come; once. Errors: errc::deadline_exceeded, cancelled, unavailable, engine_failed
  /// (this rank's device).
  virtual result<std::unique_ptr<collective>> join(collective_group group, const device_group_id& id,
                                                   collective::patience limit, const device_stop_look& stopped) = 0;
};

/// How ranks that have a device each join a communicator of their devices. One a device, for all ranks that this
/// process has on it: thread-safe. What it joined is its rank's thread's; only its end may be on another thread.
class device_ranks {
public:
  virtual ~device_ranks() = default;

  /// Two ranks whose numbers are equal share a device, and cannot be in one communicator.
  virtual uint64_t device_identity() const noexcept = 0;
  /// errc::unavailable: there is no way between machines.
  virtual result<device_group_id> make_id() = 0;
  /// How many of its own threads are in the device's library still, after waiting so long at most; asked where the
  /// process ends.
  virtual size_t threads_left(std::chrono::milliseconds) { return 0; }
  /// Waits for no other rank: whoever cannot join says so before the others begin to. Errors: errc::engine_failed (the
  /// device), overloaded (no memory for it, or too many communicators on it).
  virtual result<std::unique_ptr<device_place>> take_place() = 0;

  /// Both in one.
  result<std::unique_ptr<collective>> join(collective_group group, const device_group_id& id,
                                           collective::patience limit, const device_stop_look& stopped) {
    auto place = take_place();
    if (!place)
      return std::move(place.error());
    return (*place)->join(group, id, limit, stopped);
  }
};

/// What a shared library with such ranks offers (weft_nccl.so): one for this device, the caller's; null: another build,
/// by engine_module_abi(). Apart from the module with engines, so that those work where NCCL is not installed.
using device_ranks_function = device_ranks* (*)(uint64_t abi, uint32_t device);
inline constexpr const char* device_ranks_symbol = "weft_device_ranks";

} // namespace weft
