#include "runtime/compute/collective/nccl_ranks.hpp"

#include "runtime/compute/collective/nccl_collective.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/device_memory.hpp"
#include "runtime/ports/engine_module.hpp"

#include <fstream>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr size_t staging_memory_max = 64 << 20;

uint64_t identity_of(uint32_t device) {
  std::string boot_id;
  std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot_id;
  const auto found = cuda::open_device(static_cast<int>(device));
  return device_identity_of(boot_id, found ? found->pci_bus_id : "device " + std::to_string(device));
}

class nccl_ranks final : public device_ranks {
public:
  explicit nccl_ranks(uint32_t device) : device_(device), identity_(identity_of(device)) {}

  uint64_t device_identity() const noexcept override { return identity_; }

  result<device_group_id> make_id() override {
    static_assert(sizeof(device_group_id) == sizeof(nccl_id));
    return make_nccl_id();
  }

  result<std::unique_ptr<collective>> join(collective_group group, const device_group_id& id,
                                           collective::patience limit) override {
    if (!pool_) {
      auto memory = cuda::make_device_memory(static_cast<int>(device_), 0); // keeps nothing: engines need it more
      if (!memory)
        return std::move(memory.error());
      pool_ = cuda::device_pool::make(*std::move(memory), staging_memory_max);
    }
    auto joined = nccl_collective::join(group, id, {.device = static_cast<int>(device_), .pool = pool_}, limit);
    if (!joined)
      return std::move(joined.error());
    return std::unique_ptr<collective>(*std::move(joined));
  }

private:
  const uint32_t device_;
  const uint64_t identity_;
  std::shared_ptr<cuda::device_pool> pool_; ///< null before the first join
};

} // namespace

std::unique_ptr<device_ranks> make_nccl_ranks(uint32_t device) {
  return std::make_unique<nccl_ranks>(device);
}

// FNV-1a, of 64 bits, over both with a byte between them.
uint64_t device_identity_of(std::string_view boot_id, std::string_view pci_bus_id) noexcept {
  uint64_t out = 0xcbf29ce484222325;
  const auto add = [&out](unsigned char byte) { out = (out ^ byte) * 0x100000001b3; };
  for (const char c : boot_id)
    add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : pci_bus_id)
    add(static_cast<unsigned char>(c));
  return out;
}

} // namespace weft

extern "C" __attribute__((visibility("default"))) weft::device_ranks* weft_device_ranks(uint64_t abi, uint32_t device) {
  return abi == weft::engine_module_abi() ? weft::make_nccl_ranks(device).release() : nullptr;
}
