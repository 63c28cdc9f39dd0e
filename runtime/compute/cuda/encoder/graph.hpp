#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/base/stream.hpp"

#include <cuda_runtime_api.h>
#include <utility>

namespace weft::cuda {

/// Work that was recorded once and is started with one call.
class graph {
public:
  /// Records what `enqueue` queues on the stream; nothing of it runs. errc::overloaded: no memory for it.
  template <class Enqueue> static result<graph> capture(const stream& order, const Enqueue& enqueue) {
    // Others may use the device from their threads meanwhile: only this thread's calls are watched.
    WEFT_CUDA_TRY(cudaStreamBeginCapture(order.get(), cudaStreamCaptureModeThreadLocal));
    const status queued = enqueue();
    cudaGraph_t recorded = nullptr;
    const auto ended = cudaStreamEndCapture(order.get(), &recorded); // always: it ends the stream's capture
    graph out;
    auto code = ended;
    if (queued && code == cudaSuccess)
      code = cudaGraphInstantiate(&out.handle_, recorded, 0);
    if (recorded)
      cudaGraphDestroy(recorded);
    WEFT_TRY(queued);
    WEFT_TRY(checked(code, "capturing a graph"));
    return out;
  }

  graph(graph&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  graph& operator=(graph&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~graph() {
    if (handle_)
      cudaGraphExecDestroy(handle_);
  }

  status start(const stream& order) const { return checked(cudaGraphLaunch(handle_, order.get()), "cudaGraphLaunch"); }

private:
  graph() = default;
  cudaGraphExec_t handle_ = nullptr;
};

} // namespace weft::cuda
