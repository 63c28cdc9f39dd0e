#include "runtime/scaling/scaling_core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

constexpr double speed_share = 0.2; ///< of a new sample in the speed

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

bool lasted(const std::optional<time_point>& since, duration wait, time_point now) {
  return since && now - *since >= wait;
}

bool paused(const std::optional<time_point>& last, duration pause, time_point now) {
  return last && now - *last < pause;
}

} // namespace

scaling_core::scaling_core(scaling_options options) : options_(options) {
  WEFT_ASSERT(options.utilization_target > 0);
  WEFT_ASSERT(options.utilization_low < options.utilization_target);
  WEFT_ASSERT(options.growth_max > 1);
  set_limits(options.workers_min, options.workers_max);
}

void scaling_core::set_limits(uint32_t workers_min, uint32_t workers_max) {
  options_.workers_min = std::max(workers_min, 1u);
  options_.workers_max = std::max(workers_max, options_.workers_min);
  wanted_ = std::clamp(wanted_, options_.workers_min, options_.workers_max);
}

bool scaling_core::outage(const scaling_sample& sample, time_point now) const {
  return !(sample.utilization >= 0 && sample.utilization <= 1) || sample.workers == 0 ||
         (last_ && (now - last_at_ > options_.sample_gap_max || sample.tokens_done < last_->tokens_done));
}

void scaling_core::measure(const scaling_sample& sample, time_point now) {
  busy_seconds_ += last_ ? seconds(now - last_at_) * sample.utilization * sample.workers : 0;
  if (busy_seconds_ > 0 && sample.tokens_done > last_->tokens_done) {
    // Over all the time since then: a batch may take longer than several samples.
    const double speed = static_cast<double>(sample.tokens_done - last_->tokens_done) / busy_seconds_;
    busy_seconds_ = 0;
    tokens_per_busy_second_ += tokens_per_busy_second_ > 0 ? speed_share * (speed - tokens_per_busy_second_) : speed;
  }
  wait_ = duration::zero();
  if (tokens_per_busy_second_ > 0)
    wait_ = std::chrono::duration_cast<duration>(std::chrono::duration<double>(
        std::min(static_cast<double>(sample.queued_tokens) / (tokens_per_busy_second_ * sample.workers), 3600.0)));
}

uint32_t scaling_core::needed(const scaling_sample& sample) const {
  const double workers = sample.workers;
  // The least above the target counts as on it: 0.7 · 10 / 0.7 is not 11.
  double count = std::ceil(workers * sample.utilization / options_.utilization_target - 1e-6);
  if (wait_ > options_.wait_target)
    count = std::max(count, std::ceil(workers * std::min(wait_ / (1.0 * options_.wait_target), options_.growth_max)));
  count = std::min(count, std::ceil(workers * options_.growth_max));
  return static_cast<uint32_t>(std::clamp<double>(count, options_.workers_min, options_.workers_max));
}

bool scaling_core::one_too_many(const scaling_sample& sample) const {
  if (wanted_ <= options_.workers_min || sample.workers > wanted_)
    return false; // or the last one that was let go is still there
  if (wait_ > options_.wait_target / 4 || (sample.queued_tokens > 0 && tokens_per_busy_second_ <= 0))
    return false;
  return sample.utilization * sample.workers <= options_.utilization_low * (wanted_ - 1);
}

void scaling_core::consider_growth(uint32_t needed, const scaling_sample& sample, time_point now) {
  if (needed <= wanted_) {
    too_few_since_.reset();
    return;
  }
  if (!too_few_since_)
    too_few_since_ = now;
  // Who has not started yet has not helped yet.
  if (sample.workers < wanted_ || !lasted(too_few_since_, options_.grow_after, now) ||
      paused(grew_, options_.grow_pause, now))
    return;
  if (paused(shrank_, 2 * options_.shrink_after, now))
    backoff_ = std::min(backoff_ * 2, options_.shrink_backoff_max);
  wanted_ = needed;
  grew_ = now;
  too_many_since_.reset();
}

void scaling_core::consider_shrinking(const scaling_sample& sample, time_point now) {
  if (!one_too_many(sample)) {
    too_many_since_.reset();
    return;
  }
  if (!too_many_since_)
    too_many_since_ = now;
  if (!lasted(too_many_since_, options_.shrink_after * backoff_, now) || paused(shrank_, options_.shrink_pause, now) ||
      paused(grew_, options_.shrink_pause, now))
    return;
  // It went well for long: what was learned from an old load is forgotten.
  if (!paused(grew_, 4 * options_.shrink_after * backoff_, now))
    backoff_ = 1;
  --wanted_;
  shrank_ = now;
}

uint32_t scaling_core::sample(const scaling_sample& sample, time_point now) {
  if (outage(sample, now)) {
    too_few_since_.reset();
    too_many_since_.reset();
    busy_seconds_ = 0;
  } else {
    measure(sample, now);
    if (!last_)
      wanted_ = std::clamp(sample.workers, options_.workers_min, options_.workers_max);
    consider_growth(needed(sample), sample, now);
    consider_shrinking(sample, now);
  }
  if (sample.workers > 0) {
    last_ = sample;
    last_at_ = now;
  }
  return wanted_;
}

} // namespace weft
