#pragma once

#include "runtime/ports/engine_module.hpp"
#include "tests/support/fake_engine.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace weft::test {

/// What a fake module has and does: two devices, unless the test says otherwise. One a loaded file.
struct fake_devices {
  std::optional<failure> trouble; ///< why devices cannot be told
  std::vector<module_device> present;
  std::vector<std::shared_ptr<fake_device>> behind; ///< by index

  void break_device(uint32_t index) {
    const std::lock_guard hold(mutex);
    broken.insert(index);
  }
  std::vector<module_engine_options> made() {
    const std::lock_guard hold(mutex);
    return asked;
  }

  std::mutex mutex;                         // guards what is below
  std::set<uint32_t> broken;                ///< no engine can be made on these
  std::vector<module_engine_options> asked; ///< of engines that were made
};

using fake_devices_function = fake_devices* (*)();
inline constexpr const char* fake_devices_symbol = "weft_fake_devices";

} // namespace weft::test
