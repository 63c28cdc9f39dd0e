#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft::cuda {

/// What kernels and budgets want to know of a device.
struct device_info {
  int index = 0;
  std::string name;                ///< "NVIDIA H200"
  uint32_t compute_capability = 0; ///< 80, 90: major · 10 + minor
  uint32_t multiprocessors = 0;
  uint64_t memory_bytes = 0;
  uint64_t memory_bytes_free = 0;      ///< when it was asked
  uint32_t shared_bytes_block_max = 0; ///< of one block, when a kernel opts in
  std::string pci_bus_id;              ///< "0000:1b:00.0"
};

/// Whether this machine has an NVIDIA driver (libcuda.so.1 can be loaded). Cheap, and needs no CUDA library: ask it
/// before loading any.
bool driver_present() noexcept;

/// The devices with compute capability 8.0 or later; one that cannot be read is left out, unless there is no other. No
/// driver and no device are an empty list, not a failure. A driver that is too old for this build is a failure: devices
/// may be there.
result<std::vector<device_info>> find_devices();

/// One device; makes it the current one of the calling thread. errc::engine_failed: not there, or too old.
result<device_info> open_device(int index);

} // namespace weft::cuda
