#pragma once

#include "runtime/ports/device_ranks.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace weft {

/// Ranks on one NVIDIA device, by NCCL. Nothing is taken of the device before the first join(): 64 MiB at most for
/// staging then.
std::unique_ptr<device_ranks> make_nccl_ranks(uint32_t device);

/// A number for a device that all processes of a machine agree on, in whatever container they are: of the boot's id and
/// the device's PCI address.
uint64_t device_identity_of(std::string_view boot_id, std::string_view pci_bus_id) noexcept;

} // namespace weft
