#include "runtime/compute/collective/nccl_ranks.hpp"

#include "runtime/compute/collective/close_aside.hpp"
#include "runtime/compute/collective/nccl_collective.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/device_memory.hpp"
#include "runtime/ports/engine_module.hpp"

#include <fstream>
#include <mutex>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr size_t staging_memory_max = nccl_communicators_max * nccl_staging_bytes;

uint64_t identity_of(uint32_t device) {
  std::string boot_id;
  std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot_id;
  const auto found = cuda::open_device(static_cast<int>(device));
  return device_identity_of(boot_id, found ? found->pci_bus_id : "device " + std::to_string(device));
}

class nccl_place final : public device_place {
public:
  explicit nccl_place(nccl_seat seat) : seat_(std::move(seat)) {}

  result<std::unique_ptr<collective>> join(collective_group group, const device_group_id& id,
                                           collective::patience limit, const device_stop_look& stopped) override {
    auto joined = nccl_collective::join(group, id, std::move(seat_), limit, stopped);
    if (!joined)
      return std::move(joined.error());
    return std::unique_ptr<collective>(*std::move(joined));
  }

private:
  nccl_seat seat_;
};

class nccl_ranks final : public device_ranks {
public:
  explicit nccl_ranks(uint32_t device) : device_(device), identity_(identity_of(device)) {}

  uint64_t device_identity() const noexcept override { return identity_; }

  result<device_group_id> make_id() override {
    static_assert(sizeof(device_group_id) == sizeof(nccl_id));
    return make_nccl_id();
  }

  result<std::unique_ptr<device_place>> take_place() override {
    auto pool = pool_of_device();
    if (!pool)
      return std::move(pool.error());
    const nccl_options options{.device = static_cast<int>(device_), .pool = *std::move(pool)};
    auto seat = nccl_collective::take_seat(options);
    if (!seat)
      return std::move(seat.error());
    return std::unique_ptr<device_place>(std::make_unique<nccl_place>(std::move(*seat)));
  }

  // A copy of that function is in this library, with the ends that joining left aside.
  size_t threads_left(std::chrono::milliseconds wait_max) override { return closings_left(wait_max); }

private:
  /// Made by the first rank that joins. errc::overloaded: the device has as many communicators as it may; whoever comes
  /// at the same time for the last place is refused by the pool itself.
  result<std::shared_ptr<cuda::device_pool>> pool_of_device() {
    const std::lock_guard hold(mutex_);
    if (!pool_) {
      auto memory = cuda::make_device_memory(static_cast<int>(device_), 0); // keeps nothing: engines need it more
      if (!memory)
        return std::move(memory.error());
      pool_ = cuda::device_pool::make(*std::move(memory), staging_memory_max);
    }
    if (pool_->bytes_used() + nccl_staging_bytes > pool_->bytes_max())
      return failure{errc::overloaded, "device " + std::to_string(device_) + " has " +
                                           std::to_string(nccl_communicators_max) +
                                           " communicators, and takes no more; run fewer corpus jobs at once"};
    return pool_;
  }

  const uint32_t device_;
  const uint64_t identity_;
  std::mutex mutex_;                        // guards the next: ranks of several jobs join at the same time
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
