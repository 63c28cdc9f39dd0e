#pragma once

#include "runtime/ports/engine_module.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// A device of this node and whether it computes.
struct device_status {
  module_device device;
  bool usable = true;   ///< false: it failed, and is not tried again before the process is started anew
  uint32_t engines = 0; ///< that are on it now
  std::string problem;  ///< why it is not usable
};

/// The devices of this node: which of them can be used, and how many engines each has. One a process, shared by its
/// models, its metrics and whoever describes the node. Thread-safe; none of its functions takes long.
class device_board {
public:
  /// told: called once for each device that is fenced, on the thread that found out, outside the lock.
  explicit device_board(std::vector<module_device> devices, std::function<void(const device_status&)> told = {});
  device_board(const device_board&) = delete;
  device_board& operator=(const device_board&) = delete;

  /// All of them, in the module's order.
  std::vector<device_status> devices() const;
  uint32_t usable() const;
  /// Of the first device, where ranks of corpora are. REQUIRES: there is one.
  bool first_usable() const;

  /// The usable device with the fewest engines, the first of several; it has one more now. Empty: none is usable.
  /// Paired with release().
  std::optional<module_device> take();
  /// An engine on it has gone. REQUIRES: it was taken.
  void release(uint32_t index);
  /// It is not given to anybody any more. Does nothing where it is fenced already. REQUIRES: it is one of these.
  void fence(uint32_t index, const std::string& problem);

private:
  device_status& at(uint32_t index);

  mutable std::mutex mutex_;
  std::vector<device_status> devices_;
  std::function<void(const device_status&)> told_;
};

} // namespace weft
