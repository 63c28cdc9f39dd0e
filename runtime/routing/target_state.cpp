#include "runtime/routing/target_state.hpp"

#include <algorithm>

namespace weft {
namespace {

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

} // namespace

target_state::target_state(const route_target& target, const target_options& options)
    : target_(target), options_(options), latency_(options.latency_decay) {}

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
  sent_.emplace(ticket, in_flight{work, now});
  work_ += work;
}

bool target_state::ended(uint64_t ticket, bool answered, time_point now) {
  const auto at = sent_.find(ticket);
  if (at == sent_.end())
    return false;
  const double taken = std::max(seconds(now - at->second.since), 1e-6) / at->second.work;
  if (answered || taken > latency_.value(now))
    latency_.observe(taken, now);
  work_ -= at->second.work;
  sent_.erase(at);
  return true;
}

void target_state::reported(const node_load& load, time_point now) {
  if (load.tokens_per_second <= 0 && load.queued_tokens > 0)
    return; // nothing was computed there yet: its queue cannot be told in seconds
  wait_ = load.queued_tokens == 0 ? 0 : static_cast<double>(load.queued_tokens) / load.tokens_per_second;
  told_ = now;
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

double target_state::seconds_per_unit(time_point now) const {
  const double waiting =
      sent_.empty() ? 0 : seconds(now - sent_.begin()->second.since) / static_cast<double>(sent_.begin()->second.work);
  return std::max(latency_.value(now), waiting);
}

double target_state::cost(uint32_t work, double guess, time_point now) const {
  double unit = seconds_per_unit(now);
  const double fresh = told_ ? decay(now - *told_, options_.load_decay) : 0;
  if (unit <= 0) // The gossiped level is a utilization: a queue's wait grows with 1 / (1 - utilization).
    unit = guess / std::max(target_.weight, 1u) * 16.0 / (16.0 - std::min<double>(target_.load_level, 15));
  const double total = unit * static_cast<double>(work_ + work) + penalty(now) + wait_ * fresh;
  return target_.suspect ? total * options_.suspect_factor : total;
}

} // namespace weft
