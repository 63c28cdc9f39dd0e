#pragma once

#include "runtime/base/time.hpp"
#include "runtime/compute/cuda/base/stream.hpp"
#include "runtime/ports/collective.hpp"
#include "runtime/ports/rank_link.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <functional>
#include <memory>
#include <mutex>
#include <nccl.h>
#include <optional>
#include <span>

namespace weft {

/// What ranks need to find each other: made by one of them, carried to all.
using nccl_id = std::array<std::byte, NCCL_UNIQUE_ID_BYTES>;

/// errc::unavailable: NCCL finds no way between machines (no network interface).
result<nccl_id> make_nccl_id();

/// NCCL between devices, for values that lie on them. Never blocks in CUDA or NCCL: the communicator is non-blocking,
/// and streams are waited for by asking an event, so that a dead rank costs a deadline, not the thread.
///
/// Owned by one thread, the device's: it joins, queues and waits; whoever destroys it may hang in NCCL
/// (close_aside.hpp). abort() and ended() by any: the owner leaves its verb when it next looks, every 20 µs while it
/// waits. What NCCL runs then goes on until shrink() revokes it or the destructor aborts it. NCCL tells other ranks
/// nothing: whoever aborts one rank must abort all (the device group does). Ranks that queue different verbs or sizes
/// hang until the deadline; on the host's memory nccl_collective finds that out first. Failures: as the port's; and
/// errc::engine_failed when this rank's own device fails. REQUIRES: one rank a device (NCCL may hang with two).
class nccl_communicator {
public:
  using patience = std::chrono::milliseconds;

  /// Waits until all ranks have come, or `stopped` says true (errc::cancelled). errc::deadline_exceeded, unavailable,
  /// engine_failed (no such device, among others). companion: what lives until this end is closed, also where joining
  /// fails and the end hangs aside: so its place is taken, and such ends have a bound.
  static result<std::unique_ptr<nccl_communicator>> join(collective_group group, int device, const nccl_id& id,
                                                         patience limit, const std::function<bool()>& stopped = {},
                                                         std::shared_ptr<void> companion = nullptr);
  nccl_communicator(const nccl_communicator&) = delete;
  nccl_communicator& operator=(const nccl_communicator&) = delete;
  /// In peace, if nothing failed: waits up to 2 s for the others to end theirs. Else aborts. abort() and ended() of
  /// other threads must have returned before.
  ~nccl_communicator();

  const collective_group& group() const noexcept { return group_; }
  int device() const noexcept { return device_; }

  /// Queues a verb. key.bytes: as in verb_key; in, out: device pointers, equal for all_reduce and broadcast.
  status queue(const verb_key& key, const void* in, void* out, cudaStream_t stream, time_point deadline);
  /// Waits for all that was queued in the stream so far.
  status wait(cudaStream_t stream, time_point deadline);

  /// Brings this rank's work to rest, but keeps the communicator for shrink(), which begins with it. Up to 2 s; ends
  /// this communicator. False: it does not come to rest, or NCCL is older than 2.28.9; the destructor aborts it.
  bool revoke();
  /// The communicator of those who are left, in the order of their ranks, without a new id. All survivors call it with
  /// the same ranks, once; this communicator is of no use afterwards. An abort() meanwhile changes nothing: the limit
  /// ends it. After any failure: join anew. errc::deadline_exceeded: the other survivors did not come; unavailable: the
  /// work of this communicator does not come to rest, or a rank has gone; internal: NCCL is older than 2.28.9.
  /// REQUIRES: gone is not empty and ascends, with ranks of this group other than this one.
  result<std::unique_ptr<nccl_communicator>> shrink(std::span<const uint32_t> gone, uint64_t epoch, patience limit);

  /// For what the owner finds out itself.
  failure fail(failure reason);
  void abort(const failure& reason) noexcept;
  std::optional<failure> ended() const;

private:
  nccl_communicator(collective_group group, int device, cuda::event done, std::shared_ptr<void> companion)
      : group_(group), device_(device), companion_(std::move(companion)), done_(std::move(done)) {}

  status settle(ncclComm_t comm, time_point deadline, const char* what);
  std::optional<failure> fault_of(ncclComm_t comm, const char* what) const;
  result<ncclComm_t> await_child(time_point deadline);
  void abandon_child();
  void close();

  const collective_group group_;
  const int device_;
  const std::shared_ptr<void> companion_;
  cuda::event done_;
  ncclComm_t comm_ = nullptr;
  bool running_ = false; // joined, and neither revoked nor closed: the owner's
  bool at_rest_ = false; // revoked, and nothing of it runs any more
  /// Where NCCL puts the handle that shrink() asks for, on a thread of its own, and perhaps after shrink() has given
  /// up: it stays until NCCL has let go of it.
  std::unique_ptr<ncclComm_t> child_;
  mutable std::mutex mutex_;
  std::optional<failure> ended_;
};

} // namespace weft
