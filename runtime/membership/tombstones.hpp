#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft {

/// Who died or left, oldest first: how long to remember them, and whom to try to reach again.
class tombstones {
public:
  explicit tombstones(duration life) : life_(life) {}

  void add(node_id node, bool left, time_point now) { entries_.push_back({node, left, now + life_}), dead_ += !left; }

  /// It came back, or was forgotten.
  void remove(node_id node) {
    auto found = std::find_if(entries_.begin(), entries_.end(), [&](const entry& item) { return item.node == node; });
    if (found == entries_.end())
      return;
    dead_ -= !found->left;
    entries_.erase(found);
  }

  /// One whose time is over, or, when `now` is time_point::max(), the oldest; node_id{} when there is none.
  node_id expired(time_point now) const {
    return next() <= now && !entries_.empty() ? entries_.front().node : node_id{};
  }

  time_point next() const { return entries_.empty() ? time_point::max() : entries_.front().until; }

  uint32_t dead() const noexcept { return dead_; }

  /// One that died (not one that left) at random; node_id{} when there is none.
  node_id random_dead(random_source& random) const {
    if (dead_ == 0)
      return node_id{};
    auto size = static_cast<uint32_t>(entries_.size());
    for (auto i = random.below(size);; i = (i + 1) % size)
      if (!entries_[i].left)
        return entries_[i].node;
  }

private:
  struct entry {
    node_id node;
    bool left;
    time_point until;
  };

  duration life_;
  std::vector<entry> entries_;
  uint32_t dead_ = 0;
};

} // namespace weft
