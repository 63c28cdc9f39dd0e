#pragma once

#include "runtime/ports/device_ranks.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weft {

/// Communicators that one device has at the same time; a further rank is refused with errc::overloaded.
inline constexpr size_t nccl_communicators_max = 8;

/// Ranks on one NVIDIA device, by NCCL. Nothing is taken of the device before the first join(): 8 MiB of staging for
/// each communicator then.
std::unique_ptr<device_ranks> make_nccl_ranks(uint32_t device);

/// A number for a device that all processes of a machine agree on, in whatever container they are: of the boot's id and
/// the device's PCI address.
uint64_t device_identity_of(std::string_view boot_id, std::string_view pci_bus_id) noexcept;

} // namespace weft
