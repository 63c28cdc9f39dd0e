#pragma once

#include "runtime/cache/collapse_detector.hpp"
#include "runtime/cache/frequency_sketch.hpp"
#include "runtime/cache/slot_list.hpp"
#include "runtime/cache/window_climber.hpp"

#include <vector>

namespace weft {

/// W-TinyLFU: newcomers enter a small window (LRU); what falls out of it must have been asked for more often than the
/// next victim of the main part (segmented LRU, 80 % protected), or it goes itself. Frequencies come from a sketch that
/// sees every request. Two things adapt: the window's share (window_climber), since a fixed one hurts workloads of
/// recency (CacheLib #33), and the sketch's age (collapse_detector), when the hit ratio shows that the hot set has
/// moved. Source: Einziger, Eytan, Friedman, Manes, "Adaptive Software Cache Management" (2018).
class tiny_lfu_policy {
public:
  /// bytes_max: the budget of the table. The sketch outlives the policy.
  tiny_lfu_policy(uint64_t bytes_max, frequency_sketch& sketch);

  void insert(slot s, const entry_traits& entry);
  void touch(slot s);
  void erase(slot s);
  slot victim();

  /// The window's share of the budget now.
  double window_share() const noexcept;

private:
  enum class segment : uint8_t { none, window, probation, main };
  static constexpr size_t segments = 4;

  struct node {
    uint64_t hash = 0;
    uint32_t bytes = 0;
    segment in = segment::none;
  };

  uint64_t& bytes_in(segment in) { return bytes_[static_cast<size_t>(in)]; }
  slot_list& list(segment in) { return lists_[static_cast<size_t>(in)]; }
  uint64_t bytes_total() const { return bytes_[1] + bytes_[2] + bytes_[3]; }
  bool window_is_over() { return bytes_in(segment::window) > window_max_; }
  void enter(slot s, segment to);
  void leave(slot s);
  void move(slot s, segment to);
  slot demote_from_window();
  void limit_protected();
  bool admits(slot candidate, slot victim);
  void observe(bool hit);
  void resize_window(double share);

  uint64_t bytes_max_;
  frequency_sketch* sketch_;
  slot_links links_;
  slot_list lists_[segments];
  uint64_t bytes_[segments] = {};
  std::vector<node> nodes_;
  uint64_t entries_ = 0;
  uint64_t window_max_;      ///< bytes
  bool full_ = false;        ///< has had to evict
  slot candidate_ = no_slot; ///< has left the window and is being compared with victims
  uint64_t chance_ = 0x9E37'79B9'7F4A'7C15ULL;
  window_climber climber_;
  collapse_detector collapse_;
};

} // namespace weft
