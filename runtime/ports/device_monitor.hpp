#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace weft {

/// What a device's driver says of it; empty is what it does not say.
struct device_figures {
  std::optional<double> utilization;         ///< share of the last moment in which it computed, 0 to 1
  std::optional<uint64_t> memory_used_bytes; ///< by all processes
  std::optional<uint64_t> memory_bytes;      ///< all that it has
  std::optional<double> temperature_celsius;

  bool operator==(const device_figures&) const = default;
};

/// A device that this node computes on, as it is told to people.
struct device_report {
  std::string device; ///< "cuda:0", as engines and their metrics call it
  std::string name;   ///< "NVIDIA H200"
  uint64_t memory_bytes = 0;
  bool usable = true;
  std::string problem{}; ///< why it is not usable
  uint32_t engines = 0;  ///< that are on it now
  device_figures figures{};
};

/// Asks the devices' driver how they are. A call may take long, when a driver is busy or a device is gone: never on an
/// actor's thread. Not thread-safe.
class device_monitor {
public:
  virtual ~device_monitor() = default;
  /// pci_bus_id: as in module_device. errc::unavailable: the driver does not know it (now).
  virtual result<device_figures> read(const std::string& pci_bus_id) = 0;
};

} // namespace weft
