#include "runtime/compute/collective/nccl_communicator.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/close_aside.hpp"
#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/deadline.hpp"
#include "runtime/compute/collective/verb_failure.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto close_max = 2s;      // for the others to end theirs, and for NCCL to end what runs
constexpr auto abandon_max = 100ms; // what takes longer to be aborted is not waited for

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

/// Waits until NCCL has done what a call began. ended: what ends the waiting before.
template <class Ended> status await(ncclComm_t comm, time_point deadline, const char* what, Ended ended) {
  for (pauses pause;; pause.next()) {
    ncclResult_t state = ncclSuccess;
    if (const auto code = ncclCommGetAsyncError(comm, &state); code != ncclSuccess)
      return describe_nccl(code, what);
    if (state == ncclSuccess)
      return ok;
    if (state != ncclInProgress)
      return describe_nccl(state, what);
    if (std::optional<failure> reason = ended())
      return std::move(*reason);
    if (clock::now() >= deadline)
      return failure{errc::deadline_exceeded,
                     std::string(what) + ": the other ranks did not come in time; form the next epoch without them"};
  }
}

constexpr auto never_ended = [] { return std::optional<failure>{}; };

#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)
/// The place of a rank among those who are left.
collective_group group_without(const collective_group& group, std::span<const uint32_t> gone, uint64_t epoch) {
  const auto before = std::lower_bound(gone.begin(), gone.end(), group.rank) - gone.begin();
  return {epoch, group.rank - static_cast<uint32_t>(before), group.ranks - static_cast<uint32_t>(gone.size())};
}

/// NCCL stores it from another thread.
ncclComm_t handle_in(ncclComm_t& cell) {
  return std::atomic_ref<ncclComm_t>(cell).load(std::memory_order_acquire);
}
#endif

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
                                                                   const nccl_id& id, patience limit,
                                                                   const std::function<bool()>& stopped,
                                                                   std::shared_ptr<void> companion) {
  WEFT_ASSERT(group.rank < group.ranks);
  WEFT_ASSERT(group.ranks <= collective_ranks_max);
  WEFT_CUDA_TRY(cudaSetDevice(device));
  auto done = cuda::event::make();
  if (!done)
    return done.error();
  std::unique_ptr<nccl_communicator> out(new nccl_communicator(group, device, std::move(*done), std::move(companion)));
  ncclUniqueId unique;
  std::memcpy(&unique, id.data(), sizeof(unique));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const auto deadline = deadline_after(clock::now(), limit);
  const auto code =
      ncclCommInitRankConfig(&out->comm_, static_cast<int>(group.ranks), unique, static_cast<int>(group.rank), &config);
  if (code != ncclSuccess && code != ncclInProgress)
    return out->fail(describe_nccl(code, "ncclCommInitRankConfig"));
  const auto joined = await(out->comm_, deadline, "joining", [&]() -> std::optional<failure> {
    if (stopped && stopped())
      return failure{errc::cancelled, "joining: the ranks' communicator has ended meanwhile"};
    return std::nullopt;
  });
  if (!joined) {
    // Aborting may take as long as NCCL likes, and whoever joins has to go on: to the next epoch, mostly.
    auto reason = out->fail(joined.error());
    close_aside(std::move(out), abandon_max);
    return reason;
  }
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
  // Not running from here on: what is being finalized must not be revoked, and nobody is left to hear of a failure.
  if (std::exchange(running_, false) && !ended()) {
    const auto code = ncclCommFinalize(comm_);
    if ((code == ncclSuccess || code == ncclInProgress) &&
        await(comm_, clock::now() + close_max, "closing", never_ended)) {
      ncclCommDestroy(std::exchange(comm_, nullptr));
      return;
    }
  }
  // May hang where a kernel does not end (NCCL #1777): the owner is a thread that nothing waits for.
  ncclCommAbort(std::exchange(comm_, nullptr));
}

bool nccl_communicator::revoke() {
  fail({errc::unavailable, "its ranks have formed the next epoch"});
  if (!comm_ || !std::exchange(running_, false))
    return at_rest_;
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)
  const auto code = ncclCommRevoke(comm_, NCCL_REVOKE_DEFAULT);
  at_rest_ = (code == ncclSuccess || code == ncclInProgress) &&
             await(comm_, clock::now() + close_max, "revoking", never_ended);
#endif
  return at_rest_;
}

failure nccl_communicator::fail(failure reason) {
  const std::lock_guard lock{mutex_};
  if (!ended_)
    ended_ = std::move(reason);
  return *ended_;
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

/// Waits until NCCL has done what a call began; what goes wrong ends the communicator.
status nccl_communicator::settle(ncclComm_t comm, time_point deadline, const char* what) {
  auto done = await(comm, deadline, what, [this] { return ended(); });
  return done ? done : status{fail(done.error())};
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

/// The new communicator's handle, once NCCL has done all that shrinking takes of the old one: nothing comes after that.
result<ncclComm_t> nccl_communicator::await_child(time_point deadline) {
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)
  ncclResult_t state = ncclInProgress;
  for (pauses pause; state == ncclInProgress; pause.next()) {
    if (clock::now() >= deadline)
      return failure{errc::deadline_exceeded, "shrinking: the other survivors did not come in time; join anew"};
    if (const auto code = ncclCommGetAsyncError(comm_, &state); code != ncclSuccess)
      return describe_nccl(code, "ncclCommShrink");
  }
  // What the old one says of those who are gone does not matter, if there is a new one.
  if (auto* child = handle_in(*child_))
    return child;
  return describe_nccl(state == ncclSuccess ? ncclInternalError : state, "ncclCommShrink");
#else
  (void)deadline;
  return failure{errc::internal, "NCCL before 2.28.9 does not shrink"};
#endif
}

/// A shrink that came to nothing. NCCL may be at work on the new communicator still; aborting the old one ends that
/// work, so it goes first, and then nothing is stored any more. May hang as close() may.
void nccl_communicator::abandon_child() {
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)
  if (ncclCommAbort(std::exchange(comm_, nullptr)) != ncclSuccess) {
    (void)child_.release(); // 8 bytes for good, rather than a store into what is free
    return;
  }
  if (auto* child = handle_in(*child_))
    ncclCommAbort(child);
  child_.reset();
#endif
}

result<std::unique_ptr<nccl_communicator>> nccl_communicator::shrink(std::span<const uint32_t> gone, uint64_t epoch,
                                                                     patience limit) {
  WEFT_ASSERT(comm_ != nullptr);
  WEFT_ASSERT(!gone.empty());
  WEFT_ASSERT(std::is_sorted(gone.begin(), gone.end(), std::less_equal<>{})); // each once
  WEFT_ASSERT(gone.back() < group_.ranks);
  WEFT_ASSERT(!std::binary_search(gone.begin(), gone.end(), group_.rank));
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)
  WEFT_CUDA_TRY(cudaSetDevice(device_));
  if (!revoke())
    return failure{errc::unavailable,
                   "the work of the old communicator does not come to rest, and shrinking it could wait for ever; join "
                   "anew"};
  auto done = cuda::event::make();
  if (!done)
    return done.error();
  std::unique_ptr<nccl_communicator> out(
      new nccl_communicator(group_without(group_, gone, epoch), device_, std::move(*done), companion_));
  std::vector<int> excluded;
  for (const auto rank : gone)
    excluded.push_back(static_cast<int>(rank));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const auto deadline = deadline_after(clock::now(), limit);
  child_ = std::make_unique<ncclComm_t>(nullptr);
  // At rest, so nothing is to be aborted: that would wait for the device, without a limit.
  const auto code = ncclCommShrink(comm_, excluded.data(), static_cast<int>(excluded.size()), child_.get(), &config,
                                   NCCL_SHRINK_DEFAULT);
  const bool begun = code == ncclSuccess || code == ncclInProgress;
  const auto child = begun ? await_child(deadline) : result<ncclComm_t>{describe_nccl(code, "ncclCommShrink")};
  const auto settled = child ? out->settle(*child, deadline, "shrinking") : status{child.error()};
  if (!settled) {
    abandon_child();
    return settled.error();
  }
  child_.reset();
  out->comm_ = *child;
  out->running_ = true;
  return out;
#else
  (void)epoch, (void)limit;
  return failure{errc::internal, "NCCL before 2.28.9 cannot be brought to rest to be shrunk: join anew"};
#endif
}

} // namespace weft
