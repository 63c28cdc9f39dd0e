#include "node/nvml/nvml_monitor.hpp"

#include "node/nvml/nvml_functions.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <utility>

namespace weft {
namespace {

/// A loaded library; unloaded when it goes.
class loaded_library {
public:
  explicit loaded_library(const std::string& file) : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {}
  loaded_library(loaded_library&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  loaded_library& operator=(loaded_library&&) = delete;
  ~loaded_library() {
    if (handle_ != nullptr)
      dlclose(handle_);
  }
  explicit operator bool() const noexcept { return handle_ != nullptr; }
  /// Null: it has no such function.
  template <class Function> Function find(const char* name) const {
    return reinterpret_cast<Function>(dlsym(handle_, name));
  }

private:
  void* handle_;
};

struct nvml_library {
  loaded_library file;
  nvml::init_function init;
  nvml::shutdown_function shutdown;
  nvml::error_text_function error_text;
  nvml::find_function find;
  // Null where a driver has it no more: then there is one figure less.
  nvml::utilization_function utilization;
  nvml::memory_function memory;
  nvml::temperature_function temperature;
};

class nvml_monitor final : public device_monitor {
public:
  /// REQUIRES: it was started.
  explicit nvml_monitor(nvml_library library) : library_(std::move(library)) {}
  ~nvml_monitor() override { library_.shutdown(); }

  result<device_figures> read(const std::string& pci_bus_id) override {
    nvml::device_handle* device = nullptr;
    if (const auto code = library_.find(pci_bus_id.c_str(), &device); code != nvml::success)
      return failure{errc::unavailable, "NVML: " + std::string{library_.error_text(code)}};
    device_figures out;
    if (nvml::utilization now; library_.utilization && library_.utilization(device, &now) == nvml::success)
      out.utilization = std::min(now.gpu, 100u) / 100.0;
    if (nvml::memory now; library_.memory && library_.memory(device, &now) == nvml::success) {
      out.memory_used_bytes = now.used;
      out.memory_bytes = now.total;
    }
    if (unsigned now = 0;
        library_.temperature && library_.temperature(device, nvml::temperature_of_gpu, &now) == nvml::success)
      out.temperature_celsius = now;
    return out;
  }

private:
  nvml_library library_;
};

} // namespace

result<std::unique_ptr<device_monitor>> open_nvml(const std::string& file) {
  loaded_library loaded{file};
  if (!loaded) {
    const char* why = dlerror();
    return failure{errc::unavailable, why != nullptr ? why : file + " cannot be loaded"};
  }
  nvml_library library{.file = std::move(loaded),
                       .init = nullptr,
                       .shutdown = nullptr,
                       .error_text = nullptr,
                       .find = nullptr,
                       .utilization = nullptr,
                       .memory = nullptr,
                       .temperature = nullptr};
  const auto& from = library.file;
  library.init = from.find<nvml::init_function>("nvmlInit_v2");
  library.shutdown = from.find<nvml::shutdown_function>("nvmlShutdown");
  library.error_text = from.find<nvml::error_text_function>("nvmlErrorString");
  library.find = from.find<nvml::find_function>("nvmlDeviceGetHandleByPciBusId_v2");
  library.utilization = from.find<nvml::utilization_function>("nvmlDeviceGetUtilizationRates");
  library.memory = from.find<nvml::memory_function>("nvmlDeviceGetMemoryInfo");
  library.temperature = from.find<nvml::temperature_function>("nvmlDeviceGetTemperature");
  if (!library.init || !library.shutdown || !library.error_text || !library.find)
    return failure{errc::unavailable, file + " lacks functions of NVML"};
  if (const auto code = library.init(); code != nvml::success)
    return failure{errc::unavailable, "NVML does not start: " + std::string{library.error_text(code)}};
  return std::unique_ptr<device_monitor>{std::make_unique<nvml_monitor>(std::move(library))};
}

} // namespace weft
