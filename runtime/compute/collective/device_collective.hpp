#pragma once

#include "runtime/compute/collective/verb_collective.hpp"
#include "runtime/ports/collective.hpp"
#include "runtime/ports/device_ranks.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace weft {

/// What a formation came to.
struct formed_ranks {
  std::unique_ptr<collective> end; ///< not null
  bool over_devices = false;
  std::string why; ///< where not: what was in the way, the same on every rank or this rank's own trouble; for people
};

/// Ranks that have met over the host go over their devices where every one has a device of its own and all of them
/// join; else they stay with the host's communicator. All decide alike, and the id travels over the host's. Four verbs.
/// devices: null where this rank has none, or is not to use it.
/// Errors: the host's, which ends the formation. REQUIRES: host is not null; every rank calls this first.
result<formed_ranks> form_over_devices(std::unique_ptr<collective> host, std::shared_ptr<device_ranks> devices,
                                       collective::patience limit);

/// Verbs over devices, with the host's communicator beside them: devices tell nobody of a death or an abort, the host's
/// links do. A rank that dies or aborts ends the verb in progress on the devices of all others 0.6 s after the host's
/// notice at most (it may only have left after the last verb); what fails on a device is told to all by the host's.
/// errc::engine_failed of a device becomes errc::unavailable: form the next epoch without it.
class device_collective final : public collective {
public:
  /// REQUIRES: both are of the same group, and not null.
  device_collective(std::unique_ptr<collective> host, std::unique_ptr<collective> device);
  device_collective(const device_collective&) = delete;
  device_collective& operator=(const device_collective&) = delete;
  ~device_collective() override;

  const collective_group& group() const noexcept override { return host_->group(); }
  status all_reduce(std::span<int64_t> values, reduce_op op, patience limit) override;
  status all_reduce(std::span<int32_t> values, reduce_op op, patience limit) override;
  status all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) override;
  status broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) override;
  status reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                        patience limit) override;
  status barrier(patience limit) override;
  void abort(failure reason) noexcept override;
  std::optional<failure> async_error() const override;

private:
  template <class Verb> status run(Verb verb);
  void watch();

  const std::unique_ptr<collective> host_;
  std::unique_ptr<collective> device_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool in_verb_ = false;
  bool closing_ = false;
  std::thread watcher_; // last: it looks at the others
};

} // namespace weft
