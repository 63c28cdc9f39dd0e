#pragma once

#include "node/devices/device_model.hpp"
#include "node/devices/device_module.hpp"
#include "tests/node/devices/fake_module.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <dlfcn.h>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weft::test {

/// A fake module of its own, loaded by the real loader: a copy of the file, since a file is loaded once a process.
class loaded_devices {
public:
  loaded_devices() {
    const auto file = folder_.path() / "weft_cuda.so";
    std::filesystem::copy_file(WEFT_FAKE_MODULE_FILE, file);
    found = find_device_module({.module = file.string()});
    REQUIRE_MESSAGE(found.module != nullptr, found.why);
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    const auto devices = reinterpret_cast<fake_devices_function>(::dlsym(library, fake_devices_symbol));
    REQUIRE(bool{devices != nullptr}); // doctest cannot print a function
    fake = devices();
    use = {.module = found.module,
           .board = std::make_shared<device_board>(found.devices, [this](const device_status& lost) { tell(lost); }),
           .memory_bytes_max = 1 << 20,
           .plan_file = "plans"};
  }

  fake_device& device(size_t index) { return *fake->behind.at(index); }
  std::vector<device_status> lost() const {
    const std::lock_guard hold(mutex_);
    return lost_;
  }

  found_devices found;
  fake_devices* fake = nullptr;
  device_use use;

private:
  void tell(const device_status& lost) {
    const std::lock_guard hold(mutex_);
    lost_.push_back(lost);
  }

  temporary_directory folder_;
  mutable std::mutex mutex_;
  std::vector<device_status> lost_; ///< in the order in which the board told
};

/// Waits for something that another thread does; false when it does not come.
template <class Condition> bool comes(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock hold(mutex);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    never.wait_for(hold, std::chrono::milliseconds{1});
  }
  return true;
}

} // namespace weft::test
