#include "node/devices/device_board.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

device_board::device_board(std::vector<module_device> devices, std::function<void(const device_status&)> told)
    : told_(std::move(told)) {
  for (auto& device : devices)
    devices_.push_back({.device = std::move(device)});
}

std::vector<device_status> device_board::devices() const {
  const std::lock_guard hold(mutex_);
  return devices_;
}

uint32_t device_board::usable() const {
  const std::lock_guard hold(mutex_);
  return static_cast<uint32_t>(std::ranges::count(devices_, true, &device_status::usable));
}

bool device_board::first_usable() const {
  const std::lock_guard hold(mutex_);
  WEFT_ASSERT(!devices_.empty());
  return devices_.front().usable;
}

std::optional<module_device> device_board::take() {
  const std::lock_guard hold(mutex_);
  device_status* best = nullptr;
  for (auto& it : devices_)
    if (it.usable && (best == nullptr || it.engines < best->engines))
      best = &it;
  if (best == nullptr)
    return std::nullopt;
  ++best->engines;
  return best->device;
}

void device_board::release(uint32_t index) {
  const std::lock_guard hold(mutex_);
  auto& it = at(index);
  WEFT_ASSERT(it.engines > 0);
  --it.engines;
}

void device_board::fence(uint32_t index, const std::string& problem) {
  device_status fenced;
  {
    const std::lock_guard hold(mutex_);
    auto& it = at(index);
    if (!it.usable)
      return;
    it.usable = false;
    it.problem = problem;
    fenced = it;
  }
  if (told_)
    told_(fenced);
}

device_status& device_board::at(uint32_t index) {
  const auto found = std::ranges::find(devices_, index, [](const device_status& it) { return it.device.index; });
  WEFT_ASSERT(found != devices_.end());
  return *found;
}

} // namespace weft
