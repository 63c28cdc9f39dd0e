#pragma once

#include "runtime/ports/device_ranks.hpp"
#include "runtime/ports/rank_carrier.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace weft {

/// The ranks of a device by the module weft_nccl.so in this folder. Fails with errc::unavailable where it cannot be
/// used; the message says why. A library that was loaded stays so.
result<std::shared_ptr<device_ranks>> load_device_ranks(const std::filesystem::path& folder, uint32_t device);

/// A carrier whose ends go over this node's device where all ranks of a communicator have one (device_collective.hpp).
/// A job whose device failed or did not join goes on without it: its later communicators stay with the host.
class device_rank_carrier final : public rank_carrier {
public:
  /// devices: null where this node has none; then its ends only say so to the others.
  /// told: what a communicator came to, for the log; on the threads of ranks.
  /// usable: whether the device still computes; asked at each join, on any thread. Empty: it always does.
  device_rank_carrier(std::shared_ptr<rank_carrier> host, std::shared_ptr<device_ranks> devices,
                      std::function<void(const std::string& text)> told, std::function<bool()> usable = {});

  result<std::unique_ptr<collective>> join(const rank_seat& seat) override;

private:
  /// What ends keep alive after their carrier.
  struct shared {
    std::function<void(const std::string& text)> told;
    std::mutex mutex;
    std::deque<job_id> without_device; ///< at most jobs_max: the oldest is forgotten, and tries its device again
    static constexpr size_t jobs_max = 256;

    bool may_use_device(const job_id& job);
    void device_failed(const job_id& job, const failure& why);
  };

  const std::shared_ptr<rank_carrier> host_;
  const std::shared_ptr<device_ranks> devices_;
  const std::function<bool()> usable_;
  const std::shared_ptr<shared> shared_;
};

} // namespace weft
