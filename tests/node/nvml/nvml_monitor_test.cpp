#include "node/nvml/nvml_monitor.hpp"
#include "tests/support/fake_nvml.hpp"

#include <doctest/doctest.h>

#include <dlfcn.h>

using namespace weft;

namespace {

/// The fake library, held so that its state stays while monitors come and go.
struct fixture {
  fixture() : library(dlopen(WEFT_FAKE_NVML, RTLD_NOW | RTLD_LOCAL)) {
    REQUIRE(library != nullptr);
    state = static_cast<test::fake_nvml_state*>(dlsym(library, "fake_nvml"));
    REQUIRE(state != nullptr);
    *state = {};
  }
  ~fixture() { dlclose(library); }
  std::unique_ptr<device_monitor> open() const {
    auto opened = open_nvml(WEFT_FAKE_NVML);
    REQUIRE_MESSAGE(opened, opened.error().message);
    return std::move(*opened);
  }

  void* library;
  test::fake_nvml_state* state;
};

} // namespace

TEST_CASE("a device's figures come from the library, in our units") {
  fixture f;
  f.state->utilization = 87;
  f.state->memory_total = 150'000'000'000;
  f.state->memory_used = 42'000'000'000;
  f.state->temperature = 61;
  const auto monitor = f.open();
  const auto got = monitor->read("0000:1b:00.0");
  REQUIRE(got);
  CHECK(got->utilization == doctest::Approx(0.87));
  CHECK(got->memory_bytes == 150'000'000'000u);
  CHECK(got->memory_used_bytes == 42'000'000'000u);
  CHECK(got->temperature_celsius == 61.0);
}

TEST_CASE("what a device does not tell is absent, and the rest is there") {
  constexpr int not_supported = 3;
  fixture f;
  f.state->memory_total = 8;
  f.state->utilization_code = f.state->temperature_code = not_supported;
  const auto got = f.open()->read("0000:1b:00.0");
  REQUIRE(got);
  CHECK_FALSE(got->utilization);
  CHECK_FALSE(got->temperature_celsius);
  CHECK(got->memory_bytes == 8u);
  f.state->memory_code = 15; // lost
  const auto none = f.open()->read("0000:1b:00.0");
  REQUIRE(none);
  CHECK(*none == device_figures{});
}

TEST_CASE("a device that the driver does not know is named an error, and may be there the next time") {
  fixture f;
  const auto monitor = f.open();
  const auto got = monitor->read("0000:99:00.0");
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::unavailable);
  CHECK(got.error().message == "NVML: Not Found");
  f.state->pci_bus_id = "0000:99:00.0";
  CHECK(monitor->read("0000:99:00.0"));
}

TEST_CASE("the library is started once for each monitor and ended with it") {
  fixture f;
  {
    const auto one = f.open();
    const auto two = f.open();
    CHECK(f.state->started == 2);
  }
  CHECK(f.state->started == 0);
}

TEST_CASE("no library, another library and a driver that does not answer are told apart") {
  fixture f;
  const auto none = open_nvml("libweft-has-no-such-library.so.1");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::unavailable);
  CHECK(none.error().message.find("libweft-has-no-such-library.so.1") != std::string::npos);
  const auto other = open_nvml("libm.so.6");
  REQUIRE_FALSE(other);
  CHECK(other.error().message == "libm.so.6 lacks functions of NVML");
  f.state->init_code = 9;
  const auto silent = open_nvml(WEFT_FAKE_NVML);
  REQUIRE_FALSE(silent);
  CHECK(silent.error().message == "NVML does not start: Something Else");
  CHECK(f.state->started == 0);
}
