#pragma once

namespace weft::test {

/// What the fake NVML (a shared library) says of its one device. Found in the library as `fake_nvml`, so that whoever
/// loads the library, too, can change it.
struct fake_nvml_state {
  int init_code = 0;                       ///< what nvmlInit_v2 answers
  const char* pci_bus_id = "0000:1b:00.0"; ///< the device's
  int utilization_code = 0;
  unsigned utilization = 0; ///< percent
  int memory_code = 0;
  unsigned long long memory_total = 0;
  unsigned long long memory_used = 0;
  int temperature_code = 0;
  unsigned temperature = 0; ///< degrees Celsius
  int started = 0;          ///< inits less shutdowns
  int asked = 0;            ///< calls that read a figure
};

} // namespace weft::test
