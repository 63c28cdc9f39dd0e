#pragma once

#include "runtime/compute/collective/nccl_communicator.hpp"
#include "runtime/compute/collective/staged_verb.hpp"
#include "runtime/compute/collective/verb_collective.hpp"
#include "runtime/compute/cuda/base/device_memory.hpp"
#include "runtime/compute/cuda/base/device_pool.hpp"
#include "runtime/compute/cuda/base/stream.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace weft {

inline constexpr size_t nccl_staging_bytes = 8 << 20;

struct nccl_options {
  int device = 0;
  /// Where the staging comes from; not null. Equal staging on all ranks.
  std::shared_ptr<cuda::device_pool> pool;
  size_t staging_bytes =
      nccl_staging_bytes; ///< on the device and on the host; a multiple of 8, at least staging_bytes_min
};

/// What a rank takes of its device to join: a stream, and the staging on either side.
struct nccl_seat {
  int index = 0; ///< of the device
  cuda::stream stream;
  cuda::pinned_buffer host;
  cuda::device_buffer device;
};

/// The port between devices, on host memory: staged through page-locked memory, NCCL in between. The thread that joins
/// is the device's: it calls the verbs. For values that lie on the device, `communicator()` has the same
/// verbs, queued in the caller's stream; one order for both on all ranks.
class nccl_collective final : public verb_collective, private staging_lane {
public:
  /// Waits for nobody. Errors: errc::overloaded (no memory for the staging), engine_failed.
  static result<nccl_seat> take_seat(const nccl_options& options);
  /// Waits until all ranks have come. Errors: as nccl_communicator::join().
  static result<std::unique_ptr<nccl_collective>> join(collective_group group, const nccl_id& id, nccl_seat seat,
                                                       patience limit, const std::function<bool()>& stopped = {});
  /// Both in one.
  static result<std::unique_ptr<nccl_collective>> join(collective_group group, const nccl_id& id,
                                                       const nccl_options& options, patience limit,
                                                       const std::function<bool()>& stopped = {});
  ~nccl_collective() override;

  /// The collective of those who are left, with the staging of this one, which is of no use afterwards: every verb of
  /// it fails. As nccl_communicator::shrink(). After a failure this one still has its staging, until it is destroyed.
  result<std::unique_ptr<nccl_collective>> shrink(std::span<const uint32_t> gone, uint64_t epoch, patience limit);

  void abort(failure reason) noexcept override { communicator_->abort(reason); }
  std::optional<failure> async_error() const override { return communicator_->ended(); }

  nccl_communicator& communicator() noexcept { return *communicator_; }

private:
  nccl_collective(std::unique_ptr<nccl_communicator> communicator, std::shared_ptr<nccl_seat> seat);

  status run(const verb_call& call, patience limit) override;
  std::span<std::byte> host() noexcept override { return {seat_->host.data(), seat_->host.bytes()}; }
  status copy_in(size_t offset, size_t bytes) override;
  status copy_out(size_t offset, size_t bytes) override;
  status queue(const verb_key& key, size_t in, size_t out, time_point deadline) override;
  status wait(time_point deadline) override;

  /// Shared with the communicator, since what NCCL runs may be at work on it until that is closed, and with the
  /// collective that this one shrank to.
  const std::shared_ptr<nccl_seat> seat_;
  const std::unique_ptr<nccl_communicator> communicator_;
};

} // namespace weft
