#include "runtime/compute/cuda/base/stream.hpp"

#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <thread>

namespace weft::cuda {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Between two looks. The system makes about 70 µs of it.
constexpr auto nap = 20us;

/// Asks the device until it is done: the runtime's own wait has no end where a kernel has none. The thread stays awake
/// for `awake`, since work that takes less would pay for a nap.
template <class Query> status await(const char* call, const Query& query, std::chrono::microseconds awake) {
  const auto begin = clock::now();
  for (;;) {
    const auto code = query();
    if (code != cudaErrorNotReady)
      return checked(code, call);
    cudaGetLastError(); // "not ready" stays there otherwise, and the next look at errors finds it
    const auto waited = clock::now() - begin;
    if (waited > answer_max)
      return no_answer(call, std::chrono::duration_cast<std::chrono::milliseconds>(waited));
    if (waited < awake)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(nap);
  }
}

} // namespace

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
  return await(
      "waiting for a stream", [&] { return cudaStreamQuery(handle_); }, 5ms);
}

result<event> event::make(kind what) {
  cudaEvent_t handle = nullptr;
  const unsigned flags = what == kind::timer ? cudaEventDefault : cudaEventDisableTiming;
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
  return await(
      "waiting for an event", [&] { return cudaEventQuery(handle_); }, 100us);
}

bool event::passed() const noexcept {
  if (cudaEventQuery(handle_) != cudaErrorNotReady)
    return true;
  cudaGetLastError(); // see await()
  return false;
}

result<float> event::milliseconds_since(const event& begin) const {
  float out = 0;
  WEFT_CUDA_TRY(cudaEventElapsedTime(&out, begin.handle_, handle_));
  return out;
}

} // namespace weft::cuda
