#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/device_monitor.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct device_watch_options {
  std::vector<std::string> pci_bus_ids; ///< of the devices to look at
  /// Slow enough to cost nothing: each look asks the driver a few questions a device.
  std::chrono::milliseconds period{5'000};
  /// Called once, on the watch's thread.
  std::function<result<std::unique_ptr<device_monitor>>()> open;
  /// Told once, for the debug log, why there are no figures; on the watch's thread. May be empty.
  std::function<void(const std::string& why)> told{};
};

/// Looks at devices now and then, on a thread of its own, since a driver may take its time. Thread-safe.
/// Destroying it ends the thread; one that hangs in the driver for longer than `end_wait` is left behind, so that a
/// broken device does not keep a node from stopping.
class device_watch {
public:
  static constexpr std::chrono::seconds end_wait{2};

  explicit device_watch(device_watch_options options);
  ~device_watch();
  device_watch(const device_watch&) = delete;
  device_watch& operator=(const device_watch&) = delete;

  /// As the last look found them, in the order of pci_bus_ids; without any figure before the first one, and for a
  /// device that could not be asked then. Never waits for a driver.
  std::vector<device_figures> latest() const;
  /// Has the thread look now, and waits until it has; false when there is nobody to ask, or it takes longer.
  bool look(std::chrono::milliseconds within);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace weft
