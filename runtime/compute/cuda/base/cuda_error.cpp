#include "runtime/compute/cuda/base/cuda_error.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weft::cuda {

namespace {

constexpr const char* lost_key = "deviceLost";

const char* advice(cudaError_t code) {
  switch (code) {
  case cudaErrorNoDevice:
  case cudaErrorInvalidDevice:
    return "check `nvidia-smi` and CUDA_VISIBLE_DEVICES";
  case cudaErrorInsufficientDriver:
    return "update the NVIDIA driver";
  case cudaErrorNoKernelImageForDevice:
  case cudaErrorUnsupportedPtxVersion:
    return "this build has no code for the device: it needs compute capability 8.0 or later and a driver of its CUDA";
  case cudaErrorDevicesUnavailable:
    return "another process has the device for itself: see its compute mode in `nvidia-smi`";
  case cudaErrorMemoryAllocation:
    return "a smaller batch may fit; other processes on the device take memory too";
  default:
    return device_lost(code) ? "the device is fenced: restart the node, and check the device with `nvidia-smi -q`"
                             : "look for Xid lines in the kernel's log, and report this";
  }
}

/// "cuda:0: ", as far as it can be told.
std::string current_device() {
  int device = -1;
  if (cudaGetDevice(&device) != cudaSuccess) // answers from memory: it cannot wait for a device that is gone
    device = -1;
  return device < 0 ? std::string("cuda: ") : "cuda:" + std::to_string(device) + ": ";
}

} // namespace

bool device_lost(cudaError_t code) noexcept {
  switch (code) {
  case cudaErrorIllegalAddress:
  case cudaErrorECCUncorrectable:
  case cudaErrorNvlinkUncorrectable:
  case cudaErrorLaunchFailure:
  case cudaErrorLaunchTimeout:
  case cudaErrorHardwareStackError:
  case cudaErrorIllegalInstruction:
  case cudaErrorMisalignedAddress:
  case cudaErrorInvalidAddressSpace:
  case cudaErrorInvalidPc:
  case cudaErrorAssert:
  case cudaErrorTensorMemoryLeak:
  case cudaErrorContained:
  case cudaErrorContextIsDestroyed:
  case cudaErrorExternalDevice:
  case cudaErrorDevicesUnavailable:
  case cudaErrorUnknown:
    return true;
  default:
    return false;
  }
}

bool device_lost(const failure& reason) noexcept {
  return std::any_of(reason.metadata.begin(), reason.metadata.end(),
                     [](const auto& entry) { return entry.first == lost_key; });
}

failure describe(cudaError_t code, std::string_view call) {
  WEFT_ASSERT(code != cudaSuccess);
  std::string message = current_device();
  cudaGetLastError();
  message.append(call).append(" failed: ").append(cudaGetErrorName(code)).append(" (");
  message.append(cudaGetErrorString(code)).append("); ").append(advice(code));
  failure out{code == cudaErrorMemoryAllocation ? errc::overloaded : errc::engine_failed, std::move(message)};
  if (device_lost(code))
    out.metadata.emplace_back(lost_key, "true");
  return out;
}

failure no_answer(std::string_view call, std::chrono::milliseconds waited) {
  std::string message = current_device();
  message.append(call).append(" was not done after ").append(std::to_string(waited.count()));
  message.append(" ms; the device is fenced: restart the node, and check the device with `nvidia-smi -q`");
  return {errc::engine_failed, std::move(message), {{lost_key, "true"}}};
}

} // namespace weft::cuda
