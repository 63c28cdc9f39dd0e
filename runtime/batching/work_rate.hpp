#pragma once

#include "runtime/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// How much cost the engines of a pool get done in a second when they have all they can take: measured from one
/// finished batch to the next while more is waiting, since batches are small, and so slow for their size, when little
/// waits. The old counts less and less (half after `half_life` of such time). Not thread-safe.
class work_rate {
public:
  static constexpr std::chrono::milliseconds half_life{1'000};
  /// Of such time and batches, before it says anything: one small batch that met a stall says nothing of large ones.
  static constexpr std::chrono::milliseconds known_after{250};
  static constexpr uint32_t known_after_batches = 4;

  /// A batch was handed out; `more`: others wait for an engine.
  void dispatched(bool more, time_point now) noexcept;
  void done(uint64_t cost, time_point now) noexcept;

  /// Only while more waits than the engines can take: whoever finds them free learns how fast they are now.
  bool known() const noexcept { return full_ && time_ >= known_after && batches_ >= known_after_batches; }
  /// The time that so much cost takes. REQUIRES: known().
  duration time_of(uint64_t cost) const noexcept;

private:
  bool full_ = false;
  time_point since_{};
  uint32_t batches_ = 0; ///< counted up to known_after_batches
  double cost_ = 0;
  std::chrono::duration<double> time_{};
};

} // namespace weft
