#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weft {

/// One probe of one member: direct, then with helpers. It is over when answered, when the connection is refused often
/// enough, or when its interval is.
class probe {
public:
  static constexpr uint32_t refusers_max = 16;

  probe() = default;
  probe(node_id target, uint32_t sequence, time_point helpers_at)
      : target_(target), sequence_(sequence), helpers_at_(helpers_at) {}

  bool open() const noexcept { return target_ != node_id{}; }
  bool is(node_id subject, uint32_t sequence) const noexcept {
    return open() && subject == target_ && sequence == sequence_;
  }
  node_id target() const noexcept { return target_; }
  uint32_t sequence() const noexcept { return sequence_; }
  void close() noexcept { *this = {}; }

  /// When to ask for help; max once that was done, or without a probe.
  time_point helpers_at() const noexcept { return helpers_at_; }
  void asked(uint32_t helpers) noexcept {
    helpers_at_ = time_point::max();
    helpers_ = helpers;
  }

  void nacked() noexcept { ++nacks_; }

  /// `seen_by` saw a refused connection; how many have by now.
  uint32_t refused(node_id seen_by) {
    auto* end = refusers_.begin() + refused_;
    if (refused_ < refusers_max && std::find(refusers_.begin(), end, seen_by) == end)
      refusers_[refused_++] = seen_by;
    return refused_;
  }

  /// What an unanswered probe says about ourselves: one for every helper that kept silent, too; one when there was
  /// nobody to ask; nothing when a machine refused, for then the silence has its reason.
  int doubt() const noexcept {
    if (refused_ > 0)
      return 0;
    return helpers_ == 0 ? 1 : static_cast<int>(helpers_ - std::min(helpers_, nacks_));
  }

private:
  node_id target_{};
  uint32_t sequence_ = 0;
  time_point helpers_at_ = time_point::max();
  uint32_t helpers_ = 0;
  uint32_t nacks_ = 0;
  uint32_t refused_ = 0;
  std::array<node_id, refusers_max> refusers_{};
};

} // namespace weft
