#include "runtime/cache/tiny_lfu_policy.hpp"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

constexpr double window_share_first = 0.01;
constexpr double window_share_max = 0.8;
constexpr double protected_share = 0.8; ///< of what is not window
/// A sample is sample_requests × entries requests long. The step starts at 1/16 of the budget, shrinks by 2 % a sample,
/// and starts again when the hit ratio changes by 5 points: the workload has changed.
constexpr uint64_t sample_requests = 10;
constexpr double step_first = 0.0625;
constexpr double step_decay = 0.98;
constexpr double restart_change = 0.05;
/// A candidate that is about as popular as the victim gets in by chance, 1 in 128: keys made to collide in the sketch
/// cannot keep everybody out for ever.
constexpr uint32_t popular_enough = 6;
constexpr uint64_t chance_mask = 127;

} // namespace

tiny_lfu_policy::tiny_lfu_policy(uint64_t bytes_max, const frequency_sketch& sketch)
    : bytes_max_(bytes_max), sketch_(&sketch),
      window_max_(static_cast<uint64_t>(window_share_first * static_cast<double>(bytes_max))),
      step_(step_first * static_cast<double>(bytes_max)) {}

double tiny_lfu_policy::window_share() const noexcept {
  return bytes_max_ == 0 ? 0 : static_cast<double>(window_max_) / static_cast<double>(bytes_max_);
}

void tiny_lfu_policy::insert(slot s, const entry_traits& entry) {
  if (s >= nodes_.size())
    nodes_.resize(size_t{s} + 1);
  nodes_[s] = {entry.hash, entry.bytes, segment::none};
  ++entries_;
  enter(s, segment::window);
  candidate_ = no_slot;
  // While there is room nobody is compared; afterwards victim() compares one by one.
  while (window_is_over() && bytes_total() <= bytes_max_)
    demote_from_window();
  observe(false);
}

void tiny_lfu_policy::touch(slot s) {
  if (nodes_[s].in == segment::window) {
    move(s, segment::window);
  } else {
    move(s, segment::main);
    limit_protected();
  }
  observe(true);
}

void tiny_lfu_policy::erase(slot s) {
  leave(s);
  --entries_;
  if (candidate_ == s)
    candidate_ = no_slot;
}

slot tiny_lfu_policy::victim() {
  full_ = true;
  if (candidate_ == no_slot && window_is_over() && !list(segment::window).empty())
    candidate_ = demote_from_window();
  slot victim = list(segment::probation).oldest();
  if (victim == no_slot || victim == candidate_)
    victim = list(segment::main).oldest();
  if (victim == no_slot)
    victim = candidate_ != no_slot ? candidate_ : list(segment::window).oldest();
  if (candidate_ == no_slot || victim == candidate_ || admits(candidate_, victim))
    return victim;
  return candidate_; // erase() forgets it
}

void tiny_lfu_policy::enter(slot s, segment to) {
  nodes_[s].in = to;
  bytes_in(to) += nodes_[s].bytes;
  list(to).push_newest(links_, s);
}

void tiny_lfu_policy::leave(slot s) {
  auto& left = nodes_[s];
  list(left.in).erase(links_, s);
  bytes_in(left.in) -= left.bytes;
  left.in = segment::none;
}

void tiny_lfu_policy::move(slot s, segment to) {
  leave(s);
  enter(s, to);
}

slot tiny_lfu_policy::demote_from_window() {
  const slot s = list(segment::window).oldest();
  move(s, segment::probation);
  return s;
}

void tiny_lfu_policy::limit_protected() {
  const auto most = static_cast<uint64_t>(protected_share * static_cast<double>(bytes_max_ - window_max_));
  while (bytes_in(segment::main) > most)
    move(list(segment::main).oldest(), segment::probation);
}

bool tiny_lfu_policy::admits(slot candidate, slot victim) {
  const auto candidate_uses = sketch_->estimate(nodes_[candidate].hash);
  const auto victim_uses = sketch_->estimate(nodes_[victim].hash);
  if (candidate_uses > victim_uses)
    return true;
  if (candidate_uses < popular_enough)
    return false;
  chance_ ^= chance_ << 13;
  chance_ ^= chance_ >> 7;
  chance_ ^= chance_ << 17;
  return (chance_ & chance_mask) == 0;
}

void tiny_lfu_policy::observe(bool hit) {
  if (!full_)
    return; // only a full cache has a hit ratio that its window can change
  ++requests_;
  hits_ += hit;
  if (requests_ >= sample_requests * std::max<uint64_t>(entries_, 1)) {
    climb();
    requests_ = hits_ = 0;
  }
}

void tiny_lfu_policy::climb() {
  const double ratio = static_cast<double>(hits_) / static_cast<double>(requests_);
  const double change = ratio - ratio_before_;
  ratio_before_ = ratio;
  const double amount = change >= 0 ? step_ : -step_;
  const double first = step_first * static_cast<double>(bytes_max_);
  step_ = std::abs(change) >= restart_change ? std::copysign(first, amount) : step_decay * amount;
  resize_window(static_cast<int64_t>(amount));
}

void tiny_lfu_policy::resize_window(int64_t change) {
  const auto most = static_cast<int64_t>(window_share_max * static_cast<double>(bytes_max_));
  const auto least = static_cast<int64_t>(window_share_first * static_cast<double>(bytes_max_));
  window_max_ = static_cast<uint64_t>(std::clamp(static_cast<int64_t>(window_max_) + change, least, most));
  limit_protected();
  while (!list(segment::probation).empty()) {
    const slot s = list(segment::probation).oldest();
    if (bytes_in(segment::window) + nodes_[s].bytes > window_max_)
      break;
    move(s, segment::window);
  }
  while (window_is_over() && bytes_in(segment::window) > 0)
    demote_from_window();
}

} // namespace weft
