#include "runtime/compute/cuda/base/stream.hpp"

#include "runtime/compute/cuda/base/cuda_error.hpp"

namespace weft::cuda {

result<stream> stream::make() {
  cudaStream_t handle = nullptr;
  WEFT_CUDA_TRY(cudaStreamCreateWithFlags(&handle, cudaStreamNonBlocking));
  return stream(handle);
}

stream::~stream() {
  if (handle_)
    cudaStreamDestroy(handle_); // fails only where the device is lost, and then there is nothing to free
}

status stream::wait() const {
  return checked(cudaStreamSynchronize(handle_), "cudaStreamSynchronize");
}

result<event> event::make(kind what) {
  cudaEvent_t handle = nullptr;
  const unsigned flags = what == kind::timer ? cudaEventDefault : cudaEventDisableTiming | cudaEventBlockingSync;
  WEFT_CUDA_TRY(cudaEventCreateWithFlags(&handle, flags));
  return event(handle);
}

event::~event() {
  if (handle_)
    cudaEventDestroy(handle_);
}

status event::record(const stream& where) const {
  return checked(cudaEventRecord(handle_, where.get()), "cudaEventRecord");
}

status event::hold(const stream& waiting) const {
  return checked(cudaStreamWaitEvent(waiting.get(), handle_), "cudaStreamWaitEvent");
}

status event::wait() const {
  return checked(cudaEventSynchronize(handle_), "cudaEventSynchronize");
}

result<float> event::milliseconds_since(const event& begin) const {
  float out = 0;
  WEFT_CUDA_TRY(cudaEventElapsedTime(&out, begin.handle_, handle_));
  return out;
}

} // namespace weft::cuda
