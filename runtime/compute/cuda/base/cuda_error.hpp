#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/try.hpp"

#include <chrono>
#include <cuda_runtime_api.h>
#include <string_view>

namespace weft::cuda {

/// Whether this error ends the device for the process: an illegal address, ECC, a device that is lost or that another
/// process took for itself. Such errors are sticky: every later call gives them too, so that whoever sees one fences
/// the device and makes no further call.
bool device_lost(cudaError_t code) noexcept;

/// The same of a failure that describe() or no_answer() made: its metadata has "deviceLost".
bool device_lost(const failure& reason) noexcept;

/// A failure that names the call, the device and what to do. errc::overloaded where memory ran out (a smaller batch
/// may fit), else errc::engine_failed. Also takes the error out of the runtime, unless it is sticky.
/// REQUIRES: code != cudaSuccess.
failure describe(cudaError_t code, std::string_view call);

/// A device that did not answer in time: as good as lost, since no later call would return either.
failure no_answer(std::string_view call, std::chrono::milliseconds waited);

/// `ok`, or describe().
inline status checked(cudaError_t code, std::string_view call) {
  if (code == cudaSuccess) [[likely]]
    return ok;
  return describe(code, call);
}

} // namespace weft::cuda

/// Returns a failure from the enclosing function when the call (of the CUDA runtime) failed.
#define WEFT_CUDA_TRY(...)                                                                                             \
  do {                                                                                                                 \
    if (const cudaError_t weft_code = (__VA_ARGS__); weft_code != cudaSuccess) [[unlikely]]                            \
      return ::weft::cuda::describe(weft_code, #__VA_ARGS__);                                                          \
  } while (false)
