#include "tests/runtime/compute/cuda/module/loaded_module.hpp"
#include "tests/support/model_directory.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("the module is loaded without a device, and answers programs of its own build only") {
  const auto* module = load_cuda_module(engine_module_abi());
  REQUIRE(module != nullptr);
  CHECK(load_cuda_module(engine_module_abi() + 1) == nullptr);
  CHECK(load_cuda_module(0) == nullptr);
  CHECK(::dlsym(RTLD_DEFAULT, engine_module_symbol) == nullptr); // it shares nothing with the program
  const auto devices = module->devices();
  REQUIRE(devices); // none is no failure
  for (const auto& device : *devices)
    CHECK(device.compute_capability >= 80);
}

TEST_CASE("no engine for a device that is not there, or a model that is not there: both say what to do") {
  const auto* module = load_cuda_module(engine_module_abi());
  REQUIRE(module != nullptr);
  const auto no_device = module->make_engine({.model_directory = model_directory(), .device = 99});
  REQUIRE(!no_device);
  CHECK(no_device.error().code == errc::engine_failed);
  CHECK(no_device.error().message.find("cuda:99") != std::string::npos);
  const auto no_model = module->make_engine({.model_directory = "no such folder"});
  REQUIRE(!no_model);
  CHECK(no_model.error().code == errc::model_unusable);
}
