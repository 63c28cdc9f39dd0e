#pragma once

#include "runtime/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace weft {

struct scaling_options {
  uint32_t workers_min = 1;        ///< 0 counts as 1: a pool never goes to nothing by itself
  uint32_t workers_max = 1;        ///< below workers_min: workers_min
  double utilization_target = 0.7; ///< grown to workers × utilization / target, rounded up
  /// One goes when the others would then be at most this busy. Below the target: the gap is the hysteresis.
  double utilization_low = 0.55;
  duration wait_target = std::chrono::milliseconds{200}; ///< above it the pool grows, whatever the utilization
  double growth_max = 2;                                 ///< times as many workers, a step at most
  duration grow_after = std::chrono::seconds{1};         ///< how long there must be too few
  duration grow_pause = std::chrono::seconds{3};         ///< between two steps up: new workers need time to show
  duration shrink_after = std::chrono::seconds{30};      ///< how long there must be one too many
  duration shrink_pause = std::chrono::seconds{10};      ///< between two steps down, and after a step up
  uint32_t shrink_backoff_max = 16;                      ///< times shrink_after, see scaling_core
  duration sample_gap_max = std::chrono::seconds{5};     ///< a longer gap is an outage of the source
};

/// What the pool said of itself (pool_status), at one moment.
struct scaling_sample {
  uint32_t workers = 0; ///< starting or ready
  uint64_t queued_tokens = 0;
  uint64_t tokens_done = 0; ///< since the pool started; a smaller one than before: it was restarted
  double utilization = 0;   ///< busy share of all workers since the last sample, 0..1
};

/// How many workers a pool should have, between min and max, from its queue's wait and its utilization.
///
/// Up: when for grow_after there were too few, to what utilization_target asks for, or, while the queue's wait is above
/// wait_target, by the ratio of the two; at most growth_max times. Down: one at a time, when for shrink_after one could
/// go. Under a constant load it comes to rest: utilization_low (times one worker less) is below utilization_target.
/// Where the queue's wait brings back a worker that has just gone, shrink_after doubles, up to shrink_backoff_max
/// times. A step of the load to k times is followed within grow_after + ⌈log2 k⌉ · grow_pause and two sample periods,
/// without what workers need to start. An outage of the source (a gap, or a sample that makes no sense) changes
/// nothing, and the time of it counts for nothing: what lasted before it has to last again. Not thread-safe; `now`
/// never goes back.
class scaling_core {
public:
  explicit scaling_core(scaling_options options);

  /// New limits apply at once.
  void set_limits(uint32_t workers_min, uint32_t workers_max);

  /// The workers that the pool should have from now on.
  uint32_t sample(const scaling_sample& sample, time_point now);
  /// As the last sample() said; workers_min before the first.
  uint32_t wanted() const noexcept { return wanted_; }

  /// How long the queue takes to compute at the speed seen so far; zero when nothing was computed yet.
  duration queue_wait() const noexcept { return wait_; }

private:
  bool outage(const scaling_sample& sample, time_point now) const;
  void measure(const scaling_sample& sample, time_point now);
  uint32_t needed(const scaling_sample& sample) const;
  bool one_too_many(const scaling_sample& sample) const;
  void consider_growth(uint32_t needed, const scaling_sample& sample, time_point now);
  void consider_shrinking(const scaling_sample& sample, time_point now);

  scaling_options options_;
  uint32_t wanted_ = 1;
  std::optional<scaling_sample> last_;
  time_point last_at_{};
  double tokens_per_busy_second_ = 0; ///< of one worker
  double busy_seconds_ = 0;           ///< since the last batch was done
  duration wait_{};
  std::optional<time_point> too_few_since_;
  std::optional<time_point> too_many_since_;
  std::optional<time_point> grew_;
  std::optional<time_point> shrank_;
  uint32_t backoff_ = 1;
};

} // namespace weft
