#include "runtime/compute/cuda/base/device_info.hpp"

#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <array>
#include <dlfcn.h>
#include <optional>
#include <utility>

namespace weft::cuda {

namespace {

constexpr uint32_t compute_capability_min = 80; // bf16, and mma of 16 × 8 × 16

result<device_info> read_info(int index) {
  cudaDeviceProp properties{};
  WEFT_CUDA_TRY(cudaGetDeviceProperties(&properties, index));
  std::array<char, 32> bus{}; // "domain:bus:device.function" and a zero
  WEFT_CUDA_TRY(cudaDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size()), index));
  device_info out{.index = index,
                  .name = properties.name,
                  .compute_capability = static_cast<uint32_t>(properties.major * 10 + properties.minor),
                  .multiprocessors = static_cast<uint32_t>(properties.multiProcessorCount),
                  .memory_bytes = properties.totalGlobalMem,
                  .shared_bytes_block_max = static_cast<uint32_t>(properties.sharedMemPerBlockOptin),
                  .pci_bus_id = bus.data()};
  return out;
}

} // namespace

bool driver_present() noexcept {
  void* library = ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (!library)
    return false;
  ::dlclose(library);
  return true;
}

result<std::vector<device_info>> find_devices() {
  std::vector<device_info> out;
  if (!driver_present())
    return out;
  int count = 0;
  const auto code = cudaGetDeviceCount(&count);
  if (code == cudaErrorNoDevice) {
    cudaGetLastError();
    return out;
  }
  WEFT_TRY(checked(code, "cudaGetDeviceCount"));
  std::optional<failure> unreadable;
  for (int index = 0; index < count; ++index) {
    auto info = read_info(index);
    if (!info)
      unreadable = std::move(info.error());
    else if (info->compute_capability >= compute_capability_min)
      out.push_back(std::move(*info));
  }
  if (out.empty() && unreadable)
    return std::move(*unreadable);
  return out;
}

result<device_info> open_device(int index) {
  if (!driver_present())
    return failure{errc::engine_failed, "cuda:" + std::to_string(index) + ": no NVIDIA driver (libcuda.so.1) here"};
  WEFT_CUDA_TRY(cudaSetDevice(index));
  auto info = read_info(index);
  if (!info)
    return info;
  if (info->compute_capability < compute_capability_min)
    return failure{errc::engine_failed, "cuda:" + std::to_string(index) + ": " + info->name +
                                            " is older than compute capability 8.0, which the kernels need"};
  size_t free_bytes = 0;
  size_t all_bytes = 0;
  WEFT_CUDA_TRY(cudaMemGetInfo(&free_bytes, &all_bytes));
  info->memory_bytes_free = free_bytes;
  return info;
}

} // namespace weft::cuda
