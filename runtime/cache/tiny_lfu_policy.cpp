#include "runtime/cache/tiny_lfu_policy.hpp"

#include <algorithm>

namespace weft {
namespace {

constexpr double protected_share = 0.8; ///< of what is not window
/// A candidate that is about as popular as the victim gets in by chance, 1 in 128: keys made to collide in the sketch
/// cannot keep everybody out for ever.
constexpr uint32_t popular_enough = 6;
constexpr uint64_t chance_mask = 127;

} // namespace

tiny_lfu_policy::tiny_lfu_policy(uint64_t bytes_max, frequency_sketch& sketch)
    : bytes_max_(bytes_max), sketch_(&sketch),
      window_max_(static_cast<uint64_t>(window_climber::share_least * static_cast<double>(bytes_max))) {}

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
  const auto entries = std::max<uint64_t>(entries_, 1);
  if (collapse_.observe(hit, entries)) {
    sketch_->halve(); // to a quarter: what is often asked for again is soon above what was
    sketch_->halve();
  }
  if (const auto share = climber_.observe(hit, entries))
    resize_window(*share);
}

void tiny_lfu_policy::resize_window(double share) {
  window_max_ = static_cast<uint64_t>(share * static_cast<double>(bytes_max_));
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
