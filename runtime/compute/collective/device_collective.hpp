#pragma once

#include "runtime/base/time.hpp"
#include "runtime/ports/collective.hpp"
#include "runtime/ports/device_ranks.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace weft {

struct device_collective_options {
  std::chrono::milliseconds join_max{30'000}; ///< for all devices to join; the verb's patience where that is less
  /// The end over the device is waited for so long; what takes longer goes on by itself.
  std::chrono::milliseconds close_max{3'000}; ///< in peace: the others may still be in their last verb
  std::chrono::milliseconds abandon_max{100}; ///< after a failure: the next epoch waits for this rank
  /// Called once, on the thread of the first verb: whether the verbs go over devices, and why not, for people.
  std::function<void(bool over_devices, const std::string& why)> formed = {};
  /// Called on the thread of the verb whose device failed, or did not join though all ranks were there: the next epoch
  /// does better without it. The device itself may be sound.
  std::function<void(const failure&)> device_failed = {};
};

/// Ranks that have met over the host go over their devices where every one has a device of its own and all of them
/// join; else they stay with the host's communicator. That is settled by the first verb, with up to three verbs of the
/// host's; all decide alike, and the id travels over the host's. Whose device refuses (memory, the limit of
/// communicators, a fault) says so in the first of them, and then nobody begins to join.
///
/// Devices tell nobody of a death or an abort, the host's links do: a rank that dies or aborts ends the verb in
/// progress on the devices of all others 0.6 s after the host's notice at most (it may only have left after the last
/// verb), and what fails on a device is told to all by the host's. errc::engine_failed of a device becomes
/// errc::unavailable: form the next epoch. Joining ends with the host's communicator, and the end over the device is
/// closed on a thread aside, since NCCL's may hang: neither an abort nor the destructor waits for a device.
class device_collective final : public collective {
public:
  /// devices: null where this rank has none, or is not to use it; every rank's end has to be one of this class.
  /// REQUIRES: host is not null, and no verb was called of it.
  device_collective(std::unique_ptr<collective> host, std::shared_ptr<device_ranks> devices,
                    device_collective_options options = {});
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
  template <class Verb> status run(patience limit, Verb verb);
  status form(patience limit);
  std::unique_ptr<device_place> take_place(std::string& why);
  result<std::unique_ptr<collective>> join_devices(patience limit, std::string& why);
  void watch();

  const std::unique_ptr<collective> host_;
  std::shared_ptr<device_ranks> devices_;
  const device_collective_options options_;
  bool formed_ = false; ///< the thread of the verbs alone looks at it
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unique_ptr<collective> device_; ///< null: the verbs are the host's. Set once, while no other thread has seen it
  bool in_verb_ = false;
  bool closing_ = false;
  std::thread watcher_;
};

} // namespace weft
