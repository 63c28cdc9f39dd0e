#include "node/devices/device_module.hpp"
#include "tests/node/devices/loaded_devices.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace weft;
using namespace weft::test;
using outcome = found_devices::outcome;

namespace {

// A library that every machine with this program has.
constexpr auto driver_here = "libc.so.6";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a module that is switched off is not looked for") {
  const auto found = find_device_module({.module = "off", .folders = {std::filesystem::path{"/"}}});
  CHECK(found.what == outcome::off);
  CHECK(found.module == nullptr);
  CHECK(has(found.why, "off"));
}

TEST_CASE("without a driver the module is not even looked for") {
  const auto found = find_device_module({.folders = {}, .driver = "libno-such-driver.so.1"});
  CHECK(found.what == outcome::none);
  CHECK(found.module == nullptr);
  CHECK(has(found.why, "libno-such-driver.so.1"));
}

TEST_CASE("the module is found in the first folder that has it") {
  const temporary_directory empty;
  const temporary_directory full;
  const auto nothing = find_device_module({.folders = {empty.path()}, .driver = driver_here});
  CHECK(nothing.what == outcome::none);
  CHECK(has(nothing.why, empty.path().string()));
  std::filesystem::copy_file(WEFT_FAKE_MODULE_FILE, full.path() / "weft_cuda.so");
  const auto found = find_device_module({.folders = {empty.path(), full.path()}, .driver = driver_here});
  REQUIRE(found.what == outcome::found);
  REQUIRE(found.module != nullptr);
  CHECK(found.file == full.path() / "weft_cuda.so");
  CHECK(found.why.empty());
  REQUIRE(found.devices.size() == 2);
  CHECK(found.devices[1].name == "Fake 1");
  CHECK(found.devices[1].pci_bus_id == "0000:01:00.0");
}

TEST_CASE("a module that is named is loaded without a driver") {
  const auto found = find_device_module({.module = WEFT_FAKE_MODULE_FILE, .driver = "libno-such-driver.so.1"});
  CHECK(found.what == outcome::found);
  CHECK(found.devices.size() == 2);
}

TEST_CASE("what cannot be used is refused, with the reason") {
  const temporary_directory folder;
  const auto text = folder.write("text.so", "no library");
  for (const auto& [file, why] : {std::pair{text.string(), std::string{"cannot be loaded"}},
                                  {(folder.path() / "absent.so").string(), "cannot be loaded"},
                                  {driver_here, "no module of Weft"},
                                  {WEFT_OTHER_BUILD_FILE, "another build"}}) {
    CAPTURE(file);
    const auto found = find_device_module({.module = file});
    CHECK(found.what == outcome::refused);
    CHECK(found.module == nullptr);
    CHECK(found.file == file);
    CHECK_MESSAGE(has(found.why, why), found.why);
  }
}

TEST_CASE("a module whose devices cannot be read is refused; one that has none is no trouble") {
  loaded_devices loaded;
  loaded.fake->trouble = failure{errc::engine_failed, "the driver is older than CUDA 13.0: update it"};
  const auto refused = find_device_module({.module = loaded.found.file.string()});
  CHECK(refused.what == outcome::refused);
  CHECK(refused.module == nullptr);
  CHECK(has(refused.why, "update it"));
  loaded.fake->trouble.reset();
  loaded.fake->present.clear();
  const auto none = find_device_module({.module = loaded.found.file.string()});
  CHECK(none.what == outcome::none);
  CHECK(none.module == nullptr);
  CHECK_FALSE(none.why.empty());
}

TEST_CASE("the module is looked for beside this program") {
  const auto folders = module_folders();
  REQUIRE(folders.size() == 2);
  CHECK(std::filesystem::exists(folders[0] / std::filesystem::read_symlink("/proc/self/exe").filename()));
  CHECK(folders[1] == folders[0].parent_path() / "lib" / "weft");
}

#ifdef WEFT_CUDA_MODULE_FILE
TEST_CASE("the module of this build is one that this build's programs can use, with a device or without") {
  const auto found = find_device_module({.module = WEFT_CUDA_MODULE_FILE});
  CAPTURE(found.why);
  CHECK((found.what == outcome::found || found.what == outcome::none));
  CHECK(found.devices.empty() == (found.what == outcome::none));
}
#endif
