#pragma once

#include "runtime/base/time.hpp"
#include "runtime/ports/entry_store.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

namespace weft {

struct preload_options {
  bool enabled = true;
  uint64_t bytes_max = 64ULL << 20; ///< that one round may fetch
  /// While a round runs. Well below what a disk or a network gives, since calls use them at the same time.
  uint64_t bytes_per_second = 32ULL << 20;
  uint32_t batch_keys = 64;   ///< about 100 KiB of vectors: a few milliseconds at that rate
  uint32_t keys_max = 65'536; ///< of a list of hot keys
};

/// Which keys are fetched ahead, and when: the hottest first, one batch at a time, under a budget in bytes and a rate.
/// Not thread-safe; `now` never goes back.
class preload_plan {
public:
  explicit preload_plan(const preload_options& options) : options_(options) {}

  /// A new round in place of the one before. `keys`: hottest first. `bytes_max`: of this round, at most the options'.
  void begin(std::vector<hot_key> keys, uint64_t bytes_max, time_point now) {
    keys.resize(std::min<size_t>(keys.size(), options_.keys_max));
    left_.assign(keys.begin(), keys.end());
    bytes_left_ = options_.enabled ? std::min(bytes_max, options_.bytes_max) : 0;
    not_before_ = now;
    under_way_ = false;
  }
  /// The keys to fetch now; then fetched() is told what they brought. Empty: none now.
  std::vector<hot_key> take(time_point now) {
    std::vector<hot_key> out;
    if (under_way_ || done() || now < not_before_)
      return out;
    const auto end = left_.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(left_.size(), options_.batch_keys));
    out.assign(left_.begin(), end);
    left_.erase(left_.begin(), end);
    under_way_ = true;
    return out;
  }
  void fetched(uint64_t bytes, time_point now) {
    under_way_ = false;
    bytes_left_ -= std::min(bytes, bytes_left_);
    const auto cost = std::chrono::duration<double>(
        static_cast<double>(bytes) / static_cast<double>(std::max<uint64_t>(options_.bytes_per_second, 1)));
    // Time that was lost by waiting is not made up for: bursts are what the rate is against.
    not_before_ = std::max(not_before_, now) + std::chrono::duration_cast<duration>(cost);
  }
  /// There is no room for more.
  void stop() { left_.clear(); }

  /// Nothing is left to be taken.
  bool done() const noexcept { return left_.empty() || bytes_left_ == 0; }
  bool under_way() const noexcept { return under_way_; }
  /// When take() has something; max: not before fetched() or begin().
  time_point next() const noexcept { return done() || under_way_ ? time_point::max() : not_before_; }

private:
  preload_options options_;
  std::deque<hot_key> left_;
  uint64_t bytes_left_ = 0;
  time_point not_before_{};
  bool under_way_ = false;
};

} // namespace weft
