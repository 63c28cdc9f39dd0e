// A shared library in the place of libnvidia-ml.so.1, for tests of its loader: one device, whose figures the test sets.
#include "tests/support/fake_nvml.hpp"

#include <cstring>

namespace {

constexpr int not_found = 6;

struct utilization {
  unsigned gpu;
  unsigned memory;
};
struct memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

int the_device = 0; // its address is the handle

} // namespace

extern "C" {

weft::test::fake_nvml_state fake_nvml;

int nvmlInit_v2() {
  if (fake_nvml.init_code == 0)
    ++fake_nvml.started;
  return fake_nvml.init_code;
}

int nvmlShutdown() {
  --fake_nvml.started;
  return 0;
}

const char* nvmlErrorString(int code) {
  return code == not_found ? "Not Found" : "Something Else";
}

int nvmlDeviceGetHandleByPciBusId_v2(const char* pci_bus_id, void** device) {
  if (std::strcmp(pci_bus_id, fake_nvml.pci_bus_id) != 0)
    return not_found;
  *device = &the_device;
  return 0;
}

int nvmlDeviceGetUtilizationRates(void*, utilization* out) {
  ++fake_nvml.asked;
  if (fake_nvml.utilization_code == 0)
    *out = {fake_nvml.utilization, 1};
  return fake_nvml.utilization_code;
}

int nvmlDeviceGetMemoryInfo(void*, memory* out) {
  ++fake_nvml.asked;
  if (fake_nvml.memory_code == 0)
    *out = {fake_nvml.memory_total, fake_nvml.memory_total - fake_nvml.memory_used, fake_nvml.memory_used};
  return fake_nvml.memory_code;
}

int nvmlDeviceGetTemperature(void*, int sensor, unsigned* out) {
  ++fake_nvml.asked;
  if (sensor != 0)
    return 2; // invalid argument
  if (fake_nvml.temperature_code == 0)
    *out = fake_nvml.temperature;
  return fake_nvml.temperature_code;
}
}
