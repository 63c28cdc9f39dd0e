#include "tests/node/devices/fake_module.hpp"

#include <string>

// A module as weft_cuda.so is one, with devices that are fakes. Built a second time as one of another build.
namespace weft::test {
namespace {

fake_devices& here() {
  static auto* devices = [] {
    auto* out = new fake_devices; // engines may outlive static objects
    for (uint32_t index = 0; index < 2; ++index) {
      out->present.push_back({.index = index,
                              .name = "Fake " + std::to_string(index),
                              .compute_capability = 90,
                              .memory_bytes = 1 << 30,
                              .pci_bus_id = "0000:0" + std::to_string(index) + ":00.0"});
      out->behind.push_back(std::make_shared<fake_device>(fake_device::mode::threads));
    }
    return out;
  }();
  return *devices;
}

class fake_module final : public engine_module {
public:
  result<std::vector<module_device>> devices() const override {
    if (here().trouble)
      return *here().trouble;
    return here().present;
  }

  result<std::unique_ptr<engine>> make_engine(const module_engine_options& options) const override {
    auto& devices = here();
    const std::lock_guard hold(devices.mutex);
    if (options.device >= devices.behind.size() || devices.broken.contains(options.device))
      return failure{errc::engine_failed, "cuda:" + std::to_string(options.device) + " does not answer"};
    if (options.model_directory == "no model")
      return failure{errc::model_unusable, "no model is here"};
    devices.asked.push_back(options);
    return std::unique_ptr<engine>{std::make_unique<fake_engine>(devices.behind[options.device], options.device)};
  }
};

} // namespace
} // namespace weft::test

extern "C" __attribute__((visibility("default"))) weft::test::fake_devices* weft_fake_devices() {
  return &weft::test::here();
}

extern "C" __attribute__((visibility("default"))) const weft::engine_module* weft_engine_module(uint64_t abi) {
  static const weft::test::fake_module module;
  return abi == weft::engine_module_abi() + WEFT_FAKE_ABI_OFFSET ? &module : nullptr;
}
