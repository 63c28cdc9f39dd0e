#pragma once

#include "runtime/base/time.hpp"
#include "runtime/compute/collective/verb_call.hpp"
#include "runtime/ports/collective.hpp"

#include <cstddef>
#include <span>

namespace weft {

/// A device's buffer with its twin of equal size on the host, and the order in which copies and verbs are done. NCCL
/// with CUDA implements it; tests do with threads. One thread. What is queued may still be running when a call fails;
/// the twins stay until the lane goes.
class staging_lane {
public:
  virtual ~staging_lane() = default;
  virtual std::span<std::byte> host() noexcept = 0;
  virtual status copy_in(size_t offset, size_t bytes) = 0;  ///< queues host to device
  virtual status copy_out(size_t offset, size_t bytes) = 0; ///< queues device to host
  /// Queues a verb on the device's buffer; in, out: offsets. In place is allowed as NCCL has it: equal for all_reduce
  /// and broadcast, in = out + rank · bytes for all_gather, out = in + rank · bytes for reduce_scatter.
  virtual status queue(const verb_key& key, size_t in, size_t out, time_point deadline) = 0;
  /// Waits for all that was queued.
  virtual status wait(time_point deadline) = 0;
};

/// The least staging for a group: the keys of all ranks, and a value of each.
inline constexpr size_t staging_bytes_min = 4096;

/// One verb on host memory over a lane, in chunks of the staging's size. First the ranks tell each other what they call
/// (one small all_gather), because NCCL would hang or mix up values where they differ: errc::internal then.
/// REQUIRES: lane.host() has at least staging_bytes_min bytes, a multiple of 8, and equally many on all ranks.
status run_staged(staging_lane& lane, const collective_group& group, const verb_call& call, time_point deadline);

} // namespace weft
