#pragma once

#include <cstdint>

namespace weft {

struct repair_options {
  /// Keys that are asked for before the share of them that was found counts.
  uint32_t trial_keys = 512;
  /// Below this share of the last trial, asking costs more than it brings: a look takes about 0.3 ms, computing about
  /// 5 ms, and a look that finds nothing is added to the computation.
  double found_share_min = 1.0 / 16;
};

/// Whether a key that the store does not have is asked for at the key's other owner before it is computed: while that
/// finds something. True after a start (the store may be empty, set aside, or of before an absence), and again after
/// damage; until a trial finds too little. Not thread-safe.
class repair_rule {
public:
  explicit repair_rule(repair_options options = {}) : options_(options) {}

  bool asks() const noexcept { return asks_; }
  /// What a look at the other owner brought. One that failed counts as nothing found.
  void looked(uint32_t keys, uint32_t found) noexcept {
    asked_ += keys;
    found_ += found;
    trial_keys_ += keys;
    trial_found_ += found;
    if (trial_keys_ < options_.trial_keys)
      return;
    asks_ = static_cast<double>(trial_found_) >= options_.found_share_min * static_cast<double>(trial_keys_);
    trial_keys_ = trial_found_ = 0;
  }
  /// The store counts so many times that it was set aside as damaged.
  void store_damaged(uint64_t times) noexcept {
    if (times > damaged_)
      asks_ = true;
    damaged_ = times;
  }

  uint64_t asked() const noexcept { return asked_; } ///< keys, since the start
  uint64_t found() const noexcept { return found_; }

private:
  repair_options options_;
  bool asks_ = true;
  uint64_t damaged_ = 0;
  uint64_t trial_keys_ = 0;
  uint64_t trial_found_ = 0;
  uint64_t asked_ = 0;
  uint64_t found_ = 0;
};

} // namespace weft
