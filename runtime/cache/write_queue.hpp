#pragma once

#include "runtime/cache/cache_space.hpp"

#include <cstdint>
#include <deque>
#include <utility>

namespace weft {

/// What waits to be written to the store, under a budget in bytes. Values wait decoded, shared with L1, and are packed
/// when they are taken. Not thread-safe.
class write_queue {
public:
  explicit write_queue(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// False when there is no room: the entry stays unwritten.
  bool push(cache_space& space, const cache_key& key, const space_entry& entry) {
    return push({.space = &space, .decoded = entry, .packed = {.key = key}},
                entry.what.text.size() + memory_of(entry.value));
  }
  bool push(stored_entry packed) {
    const uint64_t bytes = packed.kind.size() + packed.body.size();
    return push({.space = nullptr, .decoded = {}, .packed = std::move(packed)}, bytes);
  }

  /// The oldest, up to about so many bytes; at least one if there is one.
  std::vector<stored_entry> take(uint64_t bytes, time_point now) {
    std::vector<stored_entry> out;
    for (uint64_t taken = 0; !items_.empty() && taken < bytes; items_.pop_front()) {
      auto& [oldest, size] = items_.front();
      taken += size;
      bytes_ -= size;
      if (!oldest.space)
        out.push_back(std::move(oldest.packed));
      else if (oldest.decoded.expires > now)
        out.push_back(oldest.space->to_stored(oldest.packed.key, oldest.decoded, now));
    }
    return out;
  }
  void clear() {
    items_.clear();
    bytes_ = 0;
  }
  bool empty() const noexcept { return items_.empty(); }
  uint64_t bytes() const noexcept { return bytes_; }

private:
  struct item {
    cache_space* space = nullptr; ///< null: packed already
    space_entry decoded;
    stored_entry packed;
  };
  bool push(item added, uint64_t bytes) {
    if (bytes_ + bytes > bytes_max_)
      return false;
    bytes_ += bytes;
    items_.emplace_back(std::move(added), bytes);
    return true;
  }

  uint64_t bytes_max_;
  uint64_t bytes_ = 0;
  std::deque<std::pair<item, uint64_t>> items_;
};

} // namespace weft
