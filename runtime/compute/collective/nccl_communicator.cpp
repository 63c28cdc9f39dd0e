#include "runtime/compute/collective/nccl_communicator.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/deadline.hpp"
#include "runtime/compute/collective/verb_failure.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto close_max = 2s; // for the others to end theirs, and for NCCL to end what runs

/// Between two looks: at once for what is done in a moment, then every 20 µs.
class pauses {
public:
  void next() {
    if (++count_ < 200)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(20us);
  }

private:
  int count_ = 0;
};

ncclDataType_t type_of(value_type type) {
  return type == value_type::int64 ? ncclInt64 : type == value_type::int32 ? ncclInt32 : ncclInt8;
}

ncclRedOp_t op_of(reduce_op op) {
  return op == reduce_op::sum ? ncclSum : op == reduce_op::minimum ? ncclMin : ncclMax;
}

/// What NCCL says as a failure of the port. A peer that dies shows as a remote or a system error (its connection).
failure describe_nccl(ncclResult_t code, const char* what) {
  const std::string words = std::string(what) + ": " + ncclGetErrorString(code);
  switch (code) {
  case ncclRemoteError:
  case ncclSystemError:
    return {errc::unavailable, words + "; a rank is gone or the way to it: form the next epoch"};
  case ncclInvalidArgument:
  case ncclInvalidUsage:
    return {errc::internal, words + "; a fault of this program: report it"};
  default:
    return {errc::engine_failed, words + "; run with NCCL_DEBUG=WARN, and check the device with `nvidia-smi -q`"};
  }
}

} // namespace

result<nccl_id> make_nccl_id() {
  ncclUniqueId made;
  if (const auto code = ncclGetUniqueId(&made); code != ncclSuccess)
    return failure{errc::unavailable, std::string("ncclGetUniqueId: ") + ncclGetErrorString(code) +
                                          "; check the network interfaces and NCCL_SOCKET_IFNAME"};
  nccl_id out;
  static_assert(sizeof(made) == sizeof(out));
  std::memcpy(out.data(), &made, sizeof(out));
  return out;
}

result<std::unique_ptr<nccl_communicator>> nccl_communicator::join(collective_group group, int device,
                                                                   const nccl_id& id, patience limit) {
  WEFT_ASSERT(group.rank < group.ranks);
  WEFT_ASSERT(group.ranks <= collective_ranks_max);
  WEFT_CUDA_TRY(cudaSetDevice(device));
  auto done = cuda::event::make();
  if (!done)
    return done.error();
  std::unique_ptr<nccl_communicator> out(new nccl_communicator(group, device, std::move(*done)));
  ncclUniqueId unique;
  std::memcpy(&unique, id.data(), sizeof(unique));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const auto deadline = deadline_after(clock::now(), limit);
  const auto code =
      ncclCommInitRankConfig(&out->comm_, static_cast<int>(group.ranks), unique, static_cast<int>(group.rank), &config);
  if (code != ncclSuccess && code != ncclInProgress)
    return out->fail(describe_nccl(code, "ncclCommInitRankConfig"));
  WEFT_TRY(out->settle(out->comm_, deadline, "joining"));
  out->running_ = true;
  return out;
}

nccl_communicator::~nccl_communicator() {
  close();
}

void nccl_communicator::close() {
  if (!comm_)
    return;
  cudaSetDevice(device_); // fails only where the device is lost; NCCL is told to free what it can all the same
  if (!ended()) {
    const auto code = ncclCommFinalize(comm_);
    if ((code == ncclSuccess || code == ncclInProgress) && settle(comm_, clock::now() + close_max, "closing")) {
      ncclCommDestroy(std::exchange(comm_, nullptr));
      return;
    }
  }
  // May hang where a kernel does not end (NCCL #1777): the owner is a thread that nothing waits for.
  ncclCommAbort(std::exchange(comm_, nullptr));
}

/// Ends what NCCL runs, but keeps the communicator for shrink().
void nccl_communicator::revoke() {
  if (!comm_ || !std::exchange(running_, false))
    return;
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)
  const auto code = ncclCommRevoke(comm_, NCCL_REVOKE_DEFAULT);
  if (code != ncclSuccess && code != ncclInProgress)
    return; // close() aborts
  const auto deadline = clock::now() + close_max;
  ncclResult_t state = ncclInProgress;
  for (pauses pause; clock::now() < deadline; pause.next())
    if (ncclCommGetAsyncError(comm_, &state) != ncclSuccess || state != ncclInProgress)
      return;
#endif
}

failure nccl_communicator::fail(failure reason) {
  {
    const std::lock_guard lock{mutex_};
    if (!ended_)
      ended_ = std::move(reason);
  }
  revoke();
  return *ended();
}

void nccl_communicator::abort(const failure& reason) noexcept {
  const std::lock_guard lock{mutex_};
  if (!ended_)
    ended_ = rank_aborted(group_.rank, reason);
}

std::optional<failure> nccl_communicator::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_;
}

/// What NCCL noticed since the last look; nothing while it works.
std::optional<failure> nccl_communicator::fault_of(ncclComm_t comm, const char* what) const {
  ncclResult_t state = ncclSuccess;
  if (const auto code = ncclCommGetAsyncError(comm, &state); code != ncclSuccess)
    return describe_nccl(code, what);
  if (state != ncclSuccess && state != ncclInProgress)
    return describe_nccl(state, what);
  return std::nullopt;
}

/// Waits until NCCL has done what a call began.
status nccl_communicator::settle(ncclComm_t comm, time_point deadline, const char* what) {
  for (pauses pause;; pause.next()) {
    ncclResult_t state = ncclSuccess;
    if (const auto code = ncclCommGetAsyncError(comm, &state); code != ncclSuccess)
      return fail(describe_nccl(code, what));
    if (state == ncclSuccess)
      return ok;
    if (state != ncclInProgress)
      return fail(describe_nccl(state, what));
    if (auto reason = ended())
      return fail(*reason);
    if (clock::now() >= deadline)
      return fail({errc::deadline_exceeded,
                   std::string(what) + ": the other ranks did not come in time; form the next epoch without them"});
  }
}

status nccl_communicator::queue(const verb_key& key, const void* in, void* out, cudaStream_t stream,
                                time_point deadline) {
  if (auto reason = ended())
    return fail(*reason);
  const auto type = type_of(key.type);
  const size_t count = key.bytes / bytes_of(key.type);
  const auto code = [&] {
    switch (key.verb) {
    case collective_verb::all_reduce:
      return ncclAllReduce(in, out, count, type, op_of(key.op), comm_, stream);
    case collective_verb::all_gather:
      return ncclAllGather(in, out, count, type, comm_, stream);
    case collective_verb::broadcast:
      return ncclBroadcast(in, out, count, type, static_cast<int>(key.root), comm_, stream);
    case collective_verb::reduce_scatter:
      return ncclReduceScatter(in, out, count / group_.ranks, type, op_of(key.op), comm_, stream);
    case collective_verb::barrier:
      break; // has no buffers: whoever needs one gathers a byte of each
    }
    return ncclInvalidArgument;
  }();
  if (code == ncclInProgress)
    return settle(comm_, deadline, "queueing"); // only then is the work in the stream
  if (code != ncclSuccess)
    return fail(describe_nccl(code, "queueing"));
  return ok;
}

status nccl_communicator::wait(cudaStream_t stream, time_point deadline) {
  if (const auto code = cudaEventRecord(done_.get(), stream); code != cudaSuccess)
    return fail(cuda::describe(code, "cudaEventRecord"));
  for (pauses pause;; pause.next()) {
    const auto code = cudaEventQuery(done_.get());
    if (code == cudaSuccess)
      return ok;
    if (code != cudaErrorNotReady)
      return fail(cuda::describe(code, "a verb between devices"));
    if (auto reason = ended())
      return fail(*reason);
    if (auto fault = fault_of(comm_, "a verb between devices"))
      return fail(std::move(*fault));
    if (clock::now() >= deadline)
      return fail({errc::deadline_exceeded,
                   "a verb between devices was not done in time: a rank did not come, or called "
                   "another verb; form the next epoch"});
  }
}

result<std::unique_ptr<nccl_communicator>> nccl_communicator::shrink(std::span<const uint32_t> gone, uint64_t epoch,
                                                                     patience limit) {
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 27, 0)
  WEFT_ASSERT(comm_ != nullptr);
  WEFT_CUDA_TRY(cudaSetDevice(device_));
  fail({errc::unavailable, "its ranks have formed the next epoch"});
  collective_group next{epoch, group_.rank, group_.ranks - static_cast<uint32_t>(gone.size())};
  std::vector<int> excluded;
  for (const auto rank : gone) {
    WEFT_ASSERT(rank != group_.rank);
    WEFT_ASSERT(rank < group_.ranks);
    excluded.push_back(static_cast<int>(rank));
    next.rank -= rank < group_.rank ? 1 : 0;
  }
  auto done = cuda::event::make();
  if (!done)
    return done.error();
  std::unique_ptr<nccl_communicator> out(new nccl_communicator(next, device_, std::move(*done)));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const auto deadline = deadline_after(clock::now(), limit);
  const auto code = ncclCommShrink(comm_, excluded.data(), static_cast<int>(excluded.size()), &out->comm_, &config,
                                   NCCL_SHRINK_ABORT);
  if (code != ncclSuccess && code != ncclInProgress)
    return out->fail(describe_nccl(code, "ncclCommShrink"));
  // The new one's handle may come later than the call returns: the old one says when.
  ncclResult_t state = ncclInProgress;
  for (pauses pause; !out->comm_ && clock::now() < deadline; pause.next())
    if (ncclCommGetAsyncError(comm_, &state) != ncclSuccess || (state != ncclInProgress && !out->comm_))
      return out->fail(describe_nccl(state, "ncclCommShrink"));
  if (!out->comm_)
    return failure{errc::deadline_exceeded, "shrinking: the other survivors did not come in time; join anew"};
  WEFT_TRY(out->settle(out->comm_, deadline, "shrinking"));
  out->running_ = true;
  return out;
#else
  (void)gone, (void)epoch, (void)limit;
  return failure{errc::internal, "NCCL before 2.27 cannot shrink a communicator: join anew"};
#endif
}

} // namespace weft
