#include "node/device_reports.hpp"
#include "tests/support/fake_nvml.hpp"

#include <doctest/doctest.h>

#include <dlfcn.h>
#include <thread>

using namespace weft;

namespace {

std::shared_ptr<device_board> two_devices() {
  return std::make_shared<device_board>(std::vector<module_device>{
      {.index = 0, .name = "Fake 9000", .memory_bytes = 1'000, .pci_bus_id = "0000:1b:00.0"},
      {.index = 1, .name = "Fake 9000", .memory_bytes = 1'000, .pci_bus_id = "0000:2c:00.0"}});
}

} // namespace

TEST_CASE("a device is told with its place, its use, and the figures of the driver's library") {
  auto* library = dlopen(WEFT_FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(library != nullptr);
  auto* state = static_cast<test::fake_nvml_state*>(dlsym(library, "fake_nvml"));
  REQUIRE(state != nullptr);
  *state = {};
  state->temperature = 61;
  const auto board = two_devices();
  const auto log = node_log::open({.file = "/dev/null"});
  REQUIRE(log);
  {
    const auto look = report_devices(board, *log, WEFT_FAKE_NVML);
    CHECK(board->take()->index == 0);
    board->fence(1, "it fell off the bus");
    // The first look comes by itself, on a thread of its own.
    while (!look()[0].figures.temperature_celsius)
      std::this_thread::yield();
    const auto devices = look();
    REQUIRE(devices.size() == 2);
    CHECK(devices[0].device == "cuda:0");
    CHECK(devices[0].name == "Fake 9000");
    CHECK(devices[0].engines == 1);
    CHECK(devices[0].usable);
    CHECK(devices[0].figures.temperature_celsius == 61.0);
    CHECK(devices[1].device == "cuda:1");
    CHECK_FALSE(devices[1].usable);
    CHECK(devices[1].problem == "it fell off the bus");
    CHECK(devices[1].figures == device_figures{}); // the library knows the first one only
  }
  CHECK(state->started == 0);
  dlclose(library);
}

TEST_CASE("without devices there is nothing to tell") {
  const auto log = node_log::open({.file = "/dev/null"});
  REQUIRE(log);
  CHECK(report_devices(nullptr, *log, "/not/there.so")().empty());
  CHECK(report_devices(std::make_shared<device_board>(std::vector<module_device>{}), *log, "/not/there.so")().empty());
}
