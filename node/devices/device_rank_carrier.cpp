#include "node/devices/device_rank_carrier.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/device_collective.hpp"
#include "runtime/ports/engine_module.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <utility>

namespace weft {
namespace {

constexpr auto module_name = "weft_nccl.so";

failure unusable(const std::filesystem::path& file, const std::string& why) {
  return {errc::unavailable, file.string() + " cannot be used: " + why + "; ranks of corpora go over the CPU"};
}

} // namespace

result<std::shared_ptr<device_ranks>> load_device_ranks(const std::filesystem::path& folder, uint32_t device) {
  const auto file = folder / module_name;
  ::dlerror();
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return unusable(file, reason ? reason : "no reason given");
  }
  const auto entry = reinterpret_cast<device_ranks_function>(::dlsym(library, device_ranks_symbol));
  if (entry == nullptr)
    return unusable(file, "it has no " + std::string(device_ranks_symbol));
  auto* ranks = entry(engine_module_abi(), device);
  if (ranks == nullptr)
    return unusable(file, "it is of another build than this program");
  return std::shared_ptr<device_ranks>(ranks);
}

bool device_rank_carrier::shared::may_use_device(const job_id& job) {
  const std::lock_guard lock{mutex};
  return std::ranges::find(without_device, job) == without_device.end();
}

void device_rank_carrier::shared::device_failed(const job_id& job, const failure& why) {
  {
    const std::lock_guard lock{mutex};
    if (std::ranges::find(without_device, job) == without_device.end())
      without_device.push_back(job);
    if (without_device.size() > jobs_max)
      without_device.pop_front();
  }
  told("the device of a corpus job's rank failed, the job goes on without it: " + why.message);
}

device_rank_carrier::device_rank_carrier(std::shared_ptr<rank_carrier> host, std::shared_ptr<device_ranks> devices,
                                         std::function<void(const std::string& text)> told,
                                         std::function<bool()> usable)
    : host_(std::move(host)), devices_(std::move(devices)), usable_(std::move(usable)),
      shared_(std::make_shared<shared>()) {
  WEFT_ASSERT(host_ != nullptr);
  WEFT_ASSERT(told != nullptr);
  shared_->told = std::move(told);
}

result<std::unique_ptr<collective>> device_rank_carrier::join(const rank_seat& seat) {
  auto end = host_->join(seat);
  if (!end)
    return std::move(end.error());
  const bool works = !usable_ || usable_();
  auto devices = works && shared_->may_use_device(seat.job) ? devices_ : nullptr;
  device_collective_options options;
  options.device_failed = [shared = shared_, job = seat.job](const failure& why) { shared->device_failed(job, why); };
  if (devices)
    options.formed = [shared = shared_](bool over_devices, const std::string& why) {
      shared->told(over_devices ? "a corpus job's ranks go over their devices"
                                : "a corpus job's ranks go over the CPU: " + why);
    };
  return std::unique_ptr<collective>(
      std::make_unique<device_collective>(*std::move(end), std::move(devices), std::move(options)));
}

} // namespace weft
