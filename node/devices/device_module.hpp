#pragma once

#include "runtime/ports/engine_module.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace weft {

struct device_module_options {
  /// devices.module: "auto" looks in `folders`, "off" looks nowhere, else the path of the module.
  std::string module = "auto";
  /// Where "auto" looks for weft_cuda.so, in this order.
  std::vector<std::filesystem::path> folders;
  /// The library without which "auto" does not load the module: it brings hundreds of megabytes of CUDA along, which
  /// takes a second, and is of no use without a driver. Empty: loads it in any case.
  std::string driver = "libcuda.so.1";
};

/// What came of looking for devices. With a module there is at least one device.
struct found_devices {
  enum class outcome : uint8_t {
    found,
    off,     ///< as configured
    none,    ///< no module, no driver or no device: the CPU serves, and all is well
    refused, ///< there is a module that cannot be used: somebody should look at it
  };
  outcome what = outcome::none;
  const engine_module* module = nullptr; ///< null: the CPU serves. Lives until the process ends.
  std::vector<module_device> devices;
  std::filesystem::path file; ///< of the module, where one was loaded
  std::string why;            ///< there is none, and what to do about it; empty with devices
};

/// Loads the module and asks it for devices; never fails, since the CPU can serve. A library that was loaded stays so:
/// CUDA has threads and handlers of its own by then. Takes a second or two where devices are.
found_devices find_device_module(const device_module_options& options);

/// The folder of this program, and lib/weft beside it: where a build and an installation have the module.
std::vector<std::filesystem::path> module_folders();

} // namespace weft
