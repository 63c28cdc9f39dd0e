#pragma once

#include "runtime/compute/cuda/engine/device_layer.hpp"
#include "runtime/points/points_work.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace weft::cuda {

inline constexpr uint32_t fake_hidden = 64;

/// What a test tells a fake device, and what it saw. Thread-safe.
struct fake_device_state {
  uint32_t tokens_max = 512;
  uint32_t slots = 2;
  std::atomic<uint32_t> memory_tokens{UINT32_MAX}; ///< tokens under way at once; more are out of memory
  std::atomic<int32_t> deadly_id{-1};              ///< a part with it ends the device
  std::atomic<int32_t> failing_id{-1};             ///< a part with it fails, and only that
  std::atomic<bool> points_overloaded{false};
  std::atomic<bool> attach_fails{false};

  std::mutex mutex;
  std::condition_variable changed; ///< a part was started, or `held` let go
  bool held = false;               ///< parts that are under way do not end
  std::vector<uint32_t> parts;     ///< tokens of each part that was started
  uint32_t under_way_most = 0;     ///< parts
  uint32_t calls_after_loss = 0;   ///< must stay 0

  void hold(bool on) {
    {
      const std::lock_guard lock(mutex);
      held = on;
    }
    changed.notify_all();
  }
  /// Whether so many parts were started, sooner or later.
  bool started(size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return parts.size() >= count; });
  }
};

/// A device whose vectors say what it was given: sum of ids, tokens, normalize, the rest 0.
class fake_layer final : public device_layer {
public:
  explicit fake_layer(std::shared_ptr<fake_device_state> state) : state_(std::move(state)) {}

  status attach() override {
    if (state_->attach_fails)
      return failure{errc::engine_failed, "no such device"};
    return ok;
  }
  uint32_t tokens_max() const noexcept override { return state_->tokens_max; }
  uint32_t slots() const noexcept override { return state_->slots; }

  status submit(uint32_t slot, const part_view& part) override {
    const std::lock_guard hold(state_->mutex);
    state_->calls_after_loss += lost_;
    WEFT_ASSERT(slot < state_->slots);
    WEFT_ASSERT(!slots_.contains(slot));
    WEFT_ASSERT(part.tokens() <= state_->tokens_max);
    WEFT_ASSERT(part.ids.size() == part.tokens());
    uint32_t tokens = part.tokens();
    for (const auto& [other, work] : slots_)
      tokens += work.tokens;
    if (tokens > state_->memory_tokens)
      return failure{errc::overloaded, "out of memory"};
    state_->parts.push_back(part.tokens());
    slots_[slot] = compute(part);
    state_->under_way_most = std::max(state_->under_way_most, static_cast<uint32_t>(slots_.size()));
    state_->changed.notify_all();
    return ok;
  }

  bool finished(uint32_t slot) noexcept override {
    const std::lock_guard hold(state_->mutex);
    state_->calls_after_loss += lost_;
    return slots_.contains(slot) && !state_->held;
  }

  status collect(uint32_t slot, std::span<float> out) override {
    std::unique_lock hold(state_->mutex);
    state_->changed.wait(hold, [&] { return !state_->held; });
    state_->calls_after_loss += lost_;
    const auto work = std::move(slots_.at(slot));
    slots_.erase(slot);
    if (work.reason)
      lost_ = lost_ || work.reason->message == lost_message;
    if (work.reason)
      return *work.reason;
    WEFT_ASSERT(out.size() == work.values.size());
    std::copy(work.values.begin(), work.values.end(), out.begin());
    return ok;
  }

  result<engine_output> compute(const engine_work& work) override {
    WEFT_ASSERT(slots_.empty());
    if (state_->points_overloaded)
      return failure{errc::overloaded, "out of memory"};
    return run_points(work);
  }
  bool is_lost(const failure& reason) const noexcept override { return reason.message == lost_message; }

  static constexpr const char* lost_message = "cudaErrorIllegalAddress";

private:
  struct slot_work {
    uint32_t tokens = 0;
    std::vector<float> values;
    std::optional<failure> reason{};
  };

  slot_work compute(const part_view& part) const {
    slot_work out{part.tokens(), std::vector<float>(size_t{part.sequences()} * fake_hidden)};
    for (uint32_t s = 0; s < part.sequences(); ++s) {
      float* row = out.values.data() + size_t{s} * fake_hidden;
      for (uint32_t t = part.offsets[s] - part.offsets[0]; t < part.offsets[s + 1] - part.offsets[0]; ++t) {
        row[0] += static_cast<float>(part.ids[t]);
        if (part.ids[t] == state_->deadly_id)
          out.reason = failure{errc::engine_failed, lost_message};
        if (part.ids[t] == state_->failing_id)
          out.reason = failure{errc::engine_failed, "this part failed"};
      }
      row[1] = static_cast<float>(part.offsets[s + 1] - part.offsets[s]);
      row[2] = part.normalize[s];
    }
    return out;
  }

  std::shared_ptr<fake_device_state> state_;
  std::map<uint32_t, slot_work> slots_;
  bool lost_ = false;
};

} // namespace weft::cuda
