#include "runtime/compute/collective/nccl_collective.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/deadline.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <chrono>
#include <utility>

namespace weft {

result<nccl_seat> nccl_collective::take_seat(const nccl_options& options) {
  WEFT_ASSERT(options.pool != nullptr);
  WEFT_ASSERT(options.staging_bytes >= staging_bytes_min);
  WEFT_ASSERT(options.staging_bytes % 8 == 0);
  WEFT_CUDA_TRY(cudaSetDevice(options.device));
  auto stream = cuda::stream::make();
  if (!stream)
    return stream.error();
  auto host = cuda::pinned_buffer::make(options.staging_bytes);
  if (!host)
    return host.error();
  auto device = options.pool->allocate(options.staging_bytes, stream->get());
  if (!device)
    return device.error();
  return nccl_seat{options.device, std::move(*stream), std::move(*host), std::move(*device)};
}

result<std::unique_ptr<nccl_collective>> nccl_collective::join(collective_group group, const nccl_id& id,
                                                               nccl_seat seat, patience limit,
                                                               const std::function<bool()>& stopped) {
  const auto held = std::make_shared<nccl_seat>(std::move(seat));
  auto communicator = nccl_communicator::join(group, held->index, id, limit, stopped, held);
  if (!communicator)
    return communicator.error();
  return std::unique_ptr<nccl_collective>(new nccl_collective(std::move(*communicator), held));
}

result<std::unique_ptr<nccl_collective>> nccl_collective::join(collective_group group, const nccl_id& id,
                                                               const nccl_options& options, patience limit,
                                                               const std::function<bool()>& stopped) {
  auto seat = take_seat(options);
  if (!seat)
    return seat.error();
  return join(group, id, std::move(*seat), limit, stopped);
}

nccl_collective::nccl_collective(std::unique_ptr<nccl_communicator> communicator, std::shared_ptr<nccl_seat> seat)
    : verb_collective(communicator->group()), seat_(std::move(seat)), communicator_(std::move(communicator)) {}

nccl_collective::~nccl_collective() = default;

result<std::unique_ptr<nccl_collective>> nccl_collective::shrink(std::span<const uint32_t> gone, uint64_t epoch,
                                                                 patience limit) {
  auto next = communicator_->shrink(gone, epoch, limit);
  if (!next)
    return next.error();
  // What was queued before comes first in the stream, so buffers and stream stay together. Ours has ended: no verb of
  // it looks at them again.
  return std::unique_ptr<nccl_collective>(new nccl_collective(std::move(*next), seat_));
}

status nccl_collective::run(const verb_call& call, patience limit) {
  if (auto reason = communicator_->ended())
    return communicator_->fail(std::move(*reason));
  if (const auto code = cudaSetDevice(communicator_->device()); code != cudaSuccess)
    return communicator_->fail(cuda::describe(code, "cudaSetDevice"));
  const auto deadline = deadline_after(std::chrono::steady_clock::now(), limit);
  auto said = run_staged(*this, group(), call, deadline);
  if (!said)
    return communicator_->fail(said.error());
  return said;
}

status nccl_collective::copy_in(size_t offset, size_t bytes) {
  return cuda::checked(cudaMemcpyAsync(seat_->device.data() + offset, seat_->host.data() + offset, bytes,
                                       cudaMemcpyHostToDevice, seat_->stream.get()),
                       "copying to the device");
}

status nccl_collective::copy_out(size_t offset, size_t bytes) {
  return cuda::checked(cudaMemcpyAsync(seat_->host.data() + offset, seat_->device.data() + offset, bytes,
                                       cudaMemcpyDeviceToHost, seat_->stream.get()),
                       "copying from the device");
}

status nccl_collective::queue(const verb_key& key, size_t in, size_t out, time_point deadline) {
  return communicator_->queue(key, seat_->device.data() + in, seat_->device.data() + out, seat_->stream.get(),
                              deadline);
}

status nccl_collective::wait(time_point deadline) {
  return communicator_->wait(seat_->stream.get(), deadline);
}

} // namespace weft
