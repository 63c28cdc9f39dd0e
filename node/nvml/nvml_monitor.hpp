#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/device_monitor.hpp"

#include <memory>
#include <string>

namespace weft {

/// The library that NVIDIA's driver brings along.
inline constexpr const char* nvml_file = "libnvidia-ml.so.1";

/// Loads NVML and starts it; nothing is linked, so a machine without a driver misses nothing. It is ended and unloaded
/// with the monitor. Takes up to a second where a driver is.
/// Fails with errc::unavailable: no such library, not one of NVML, or a driver that does not answer.
result<std::unique_ptr<device_monitor>> open_nvml(const std::string& file = nvml_file);

} // namespace weft
