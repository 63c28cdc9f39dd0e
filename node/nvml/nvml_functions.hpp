#pragma once

/// The few functions of NVML that are asked for here, as NVIDIA's reference guide has them. Its header comes with the
/// driver's development files, which are not on every machine that builds; the ABI of functions with a version in
/// their name does not change.
namespace weft::nvml {

using status_code = int; ///< nvmlReturn_t
inline constexpr status_code success = 0;

struct device_handle; ///< opaque

struct utilization { ///< nvmlUtilization_t: percent of the last sampling period
  unsigned gpu = 0;
  unsigned memory = 0;
};

struct memory { ///< nvmlMemory_t: bytes
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

inline constexpr int temperature_of_gpu = 0; ///< NVML_TEMPERATURE_GPU

using init_function = status_code (*)();                                        ///< nvmlInit_v2
using shutdown_function = status_code (*)();                                    ///< nvmlShutdown
using error_text_function = const char* (*)(status_code);                       ///< nvmlErrorString
using find_function = status_code (*)(const char* pci_bus_id, device_handle**); ///< nvmlDeviceGetHandleByPciBusId_v2
using utilization_function = status_code (*)(device_handle*, utilization*);     ///< nvmlDeviceGetUtilizationRates
using memory_function = status_code (*)(device_handle*, memory*);               ///< nvmlDeviceGetMemoryInfo
using temperature_function = status_code (*)(device_handle*, int sensor,
                                             unsigned* celsius); ///< nvmlDeviceGetTemperature

} // namespace weft::nvml
