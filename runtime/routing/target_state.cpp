#include "runtime/routing/target_state.hpp"

#include <algorithm>

namespace weft {
namespace {

// Tokens of a long text: what a call is dealt out in at least.
constexpr double tokens_dealt = 256;

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

} // namespace

double seconds_on(const node_load& load, uint32_t work) noexcept {
  double best = 0;
  for (const auto& group : load.groups) {
    if (group.engines == 0 || !(group.tokens_per_second > 0) || !(group.batch_seconds >= 0))
      continue; // it came over the wire
    const double tokens = work;
    const double parts = std::clamp(tokens / tokens_dealt, 1.0, static_cast<double>(group.engines));
    const double takes = group.batch_seconds + tokens / parts / group.tokens_per_second;
    best = best > 0 ? std::min(best, takes) : takes;
  }
  return best;
}

target_state::target_state(const route_target& target, const target_options& options)
    : target_(target), options_(options), latency_(options.latency_decay), slowness_(options.latency_decay) {}

bool target_state::can(capability what, time_point now) const {
  if (target_.offers && std::find(target_.offers->begin(), target_.offers->end(), what) == target_.offers->end())
    return false;
  return std::none_of(lacks_.begin(), lacks_.end(), [&](const lack& l) { return l.what == what && now < l.until; });
}

void target_state::cannot(capability what, time_point now) {
  std::erase_if(lacks_, [&](const lack& l) { return l.what == what || l.until <= now; });
  if (lacks_.size() >= options_.incapable_max)
    lacks_.erase(lacks_.begin());
  lacks_.push_back({what, now + options_.incapable_for});
}

void target_state::sent(uint64_t ticket, uint32_t work, time_point now) {
  const double takes = has_speeds(now) ? expected(work) : 0;
  sent_.emplace(ticket, in_flight{work, now, takes});
  work_ += work;
  expected_ += takes;
}

bool target_state::ended(uint64_t ticket, bool answered, time_point now) {
  const auto at = sent_.find(ticket);
  if (at == sent_.end())
    return false;
  const double whole = std::max(seconds(now - at->second.since), 1e-6);
  const double taken = whole / at->second.work;
  if (answered || taken > latency_.value(now))
    latency_.observe(taken, now);
  if (has_speeds(now)) {
    const double times = whole / expected(at->second.work);
    if (answered || times > slowness_.value(now))
      slowness_.observe(times, now);
  }
  work_ -= at->second.work;
  expected_ -= at->second.expected;
  sent_.erase(at);
  if (sent_.empty())
    expected_ = 0; // without what rounding has left
  return true;
}

bool target_state::reported(const node_load& load, time_point now) {
  const bool known = has_speeds(now);
  if (seconds_on(load, 1) > 0) {
    speeds_ = load;
    speeds_told_ = now;
  }
  if (load.tokens_per_second <= 0 && load.queued_tokens > 0)
    return false; // nothing was computed there yet: its queue cannot be told in seconds
  wait_ = load.queued_tokens == 0 ? 0 : static_cast<double>(load.queued_tokens) / load.tokens_per_second;
  told_ = now;
  return !known && has_speeds(now);
}

void target_state::set_penalty(double value, time_point now) {
  penalty_ = value;
  penalty_at_ = now;
}

void target_state::failed(time_point now) {
  const double next = std::max(seconds(options_.penalty_min), 2 * penalty(now));
  set_penalty(std::min(next, seconds(options_.penalty_max)), now);
}

void target_state::refused(time_point now) {
  set_penalty(std::max(penalty(now), seconds(options_.refusal_penalty)), now);
}

double target_state::latency(time_point now) const {
  const double waiting =
      sent_.empty() ? 0 : seconds(now - sent_.begin()->second.since) / static_cast<double>(sent_.begin()->second.work);
  return std::max(latency_.value(now), waiting);
}

double target_state::seconds_per_unit(uint32_t work, bool by_speeds, time_point now) const {
  return by_speeds && has_speeds(now) ? slowness(now) * expected(work) / work : latency(now);
}

bool target_state::has_speeds(time_point now) const {
  return speeds_told_ && now - *speeds_told_ < options_.speeds_kept;
}

double target_state::expected(uint32_t work) const {
  return seconds_on(speeds_, work) + seconds(options_.way_guess);
}

double target_state::slowness(time_point now) const {
  const auto oldest = sent_.begin();
  const double waiting =
      sent_.empty() || oldest->second.expected <= 0 ? 0 : seconds(now - oldest->second.since) / oldest->second.expected;
  return std::max({slowness_.value(now), options_.slowness_min, waiting});
}

double target_state::cost(uint32_t work, double guess, bool by_speeds, time_point now) const {
  const double fresh = told_ ? decay(now - *told_, options_.load_decay) : 0;
  const double beside = penalty(now) + wait_ * fresh;
  const double factor = target_.suspect ? options_.suspect_factor : 1;
  if (by_speeds && has_speeds(now))
    return factor * (slowness(now) * (expected_ + expected(work)) + beside);
  double unit = latency(now);
  if (unit <= 0) // The gossiped level is a utilization: a queue's wait grows with 1 / (1 - utilization).
    unit = guess / std::max(target_.weight, 1u) * 16.0 / (16.0 - std::min<double>(target_.load_level, 15));
  return factor * (unit * static_cast<double>(work_ + work) + beside);
}

} // namespace weft
