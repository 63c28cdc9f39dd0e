#pragma once

#include "runtime/compute/collective/thread_group.hpp"
#include "runtime/ports/device_ranks.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace weft {

/// Devices of one process that can reach each other: communicators are those of threads, found by their id.
class fake_device_fabric : public std::enable_shared_from_this<fake_device_fabric> {
public:
  /// A device of this identity; what it cannot do is set by the test before it is used.
  struct abilities {
    bool makes_ids = true;
    bool joins = true;
    bool waits_in_vain = false;      ///< a join ends at its deadline
    bool waits_for_ever = false;     ///< a join ends only when it is told to
    errc refuses_place = errc::none; ///< with this, before anybody joins
  };
  std::shared_ptr<device_ranks> device(uint64_t identity, abilities can) {
    return std::make_shared<one>(shared_from_this(), identity, can);
  }
  std::shared_ptr<device_ranks> device(uint64_t identity) { return device(identity, {}); }

  /// Communicators that were joined by somebody.
  size_t communicators() const {
    const std::lock_guard lock{mutex_};
    return groups_.size();
  }

  size_t joins() const noexcept { return joins_; }   ///< that began
  size_t places() const noexcept { return places_; } ///< that are held

private:
  class one final : public device_ranks {
  public:
    one(std::shared_ptr<fake_device_fabric> fabric, uint64_t identity, abilities can)
        : fabric_(std::move(fabric)), identity_(identity), can_(can) {}
    uint64_t device_identity() const noexcept override { return identity_; }
    result<device_group_id> make_id() override {
      if (!can_.makes_ids)
        return failure{errc::unavailable, "no way between machines"};
      return fabric_->next_id();
    }
    result<std::unique_ptr<device_place>> take_place() override {
      if (can_.refuses_place != errc::none)
        return failure{can_.refuses_place, "the device takes no more"};
      return std::unique_ptr<device_place>(std::make_unique<place>(fabric_, can_));
    }

  private:
    std::shared_ptr<fake_device_fabric> fabric_;
    uint64_t identity_;
    abilities can_;
  };

  class place final : public device_place {
  public:
    place(std::shared_ptr<fake_device_fabric> fabric, abilities can) : fabric_(std::move(fabric)), can_(can) {
      ++fabric_->places_;
    }
    ~place() override { --fabric_->places_; }
    result<std::unique_ptr<collective>> join(collective_group group, const device_group_id& id, collective::patience,
                                             const device_stop_look& stopped) override {
      ++fabric_->joins_;
      while (can_.waits_for_ever && !stopped())
        std::this_thread::yield();
      if (can_.waits_for_ever)
        return failure{errc::cancelled, "the ranks' communicator has ended"};
      if (can_.waits_in_vain)
        return failure{errc::deadline_exceeded, "the other ranks did not come in time"};
      if (!can_.joins)
        return failure{errc::engine_failed, "the device does not answer"};
      return fabric_->take(group, id);
    }

  private:
    std::shared_ptr<fake_device_fabric> fabric_;
    abilities can_;
  };

  device_group_id next_id() {
    const std::lock_guard lock{mutex_};
    device_group_id out{};
    const uint64_t number = ++ids_;
    std::memcpy(out.data() + out.size() - sizeof number, &number, sizeof number); // its last byte must travel, too
    return out;
  }

  std::unique_ptr<collective> take(const collective_group& group, const device_group_id& id) {
    const std::lock_guard lock{mutex_};
    auto& ends = groups_[id];
    if (ends.empty())
      ends = make_thread_group(group.ranks, group.epoch);
    return std::move(ends[group.rank]);
  }

  std::atomic<size_t> joins_{0};
  std::atomic<size_t> places_{0};
  mutable std::mutex mutex_;
  uint64_t ids_ = 0;
  std::map<device_group_id, std::vector<std::unique_ptr<collective>>> groups_;
};

} // namespace weft
