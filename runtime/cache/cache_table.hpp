#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/cache/eviction_policy.hpp"

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {

/// An entry of a level; `bytes` is all that it takes: payload, table and policy.
template <class Payload> struct cache_entry {
  cache_key key;
  Payload payload{};
  uint32_t bytes = 0;
  double cost = 0; ///< seconds to compute it again
  time_point expires = time_point::max();
  time_point entered{};   ///< came into memory
  bool stored = false;    ///< the store has it, or was asked to keep it
  bool preloaded = false; ///< fetched ahead and not asked for since
};

/// Entries by key under a budget in bytes, which holds after every call. One entry a key: whoever looks compares the
/// whole identity, since a key proves nothing. Not thread-safe.
template <class Payload> class cache_table {
public:
  using entry = cache_entry<Payload>;

  cache_table(policy_kind kind, uint64_t bytes_max, frequency_sketch& sketch)
      : kind_(kind), bytes_max_(bytes_max), sketch_(&sketch), policy_(kind, bytes_max, sketch) {}

  /// Null when there is none. Not a hit yet: the caller compares, then touches.
  entry* find(const cache_key& key) {
    const auto found = slots_.find(key);
    return found == slots_.end() ? nullptr : &entries_[found->second];
  }
  /// A hit. REQUIRES: the entry is of this table.
  void touch(const entry& hit) { policy_.touch(slots_.find(hit.key)->second); }

  /// Takes the entry in place of one with the same key. Who has to leave for it, or the entry itself, goes to `left`.
  void put(entry added, std::vector<entry>& left) {
    WEFT_ASSERT(added.bytes > 0);
    erase(added.key);
    if (added.bytes > bytes_max_) {
      left.push_back(std::move(added));
      return;
    }
    const slot s = free_slot();
    bytes_ += added.bytes;
    policy_.insert(s, {added.key.low, added.bytes, added.cost, added.expires});
    slots_.emplace(added.key, s);
    entries_[s] = std::move(added);
    while (bytes_ > bytes_max_) {
      const slot victim = policy_.victim();
      WEFT_ASSERT(victim != no_slot);
      left.push_back(remove(victim));
    }
  }

  /// Removes and returns; REQUIRES: the entry is of this table.
  entry take(const entry& present) { return remove(slots_.find(present.key)->second); }
  bool erase(const cache_key& key) {
    const auto found = slots_.find(key);
    if (found == slots_.end())
      return false;
    remove(found->second);
    return true;
  }
  void clear() {
    slots_.clear();
    entries_.clear();
    free_.clear();
    bytes_ = 0;
    policy_ = eviction_policy{kind_, bytes_max_, *sketch_};
  }

  /// Looks at up to `count` entries, going round, and removes those for which gone(entry) holds; returns how many.
  template <class Predicate> size_t sweep(size_t count, Predicate gone) {
    size_t removed = 0;
    for (size_t i = 0; i < count && i < entries_.size(); ++i) {
      cursor_ = cursor_ + 1 < entries_.size() ? cursor_ + 1 : 0;
      const auto& e = entries_[cursor_];
      if (e.bytes > 0 && gone(e)) {
        remove(static_cast<slot>(cursor_));
        ++removed;
      }
    }
    return removed;
  }
  template <class Visitor> void for_each(Visitor visit) const {
    for (const auto& e : entries_)
      if (e.bytes > 0)
        visit(e);
  }

  uint64_t bytes() const noexcept { return bytes_; }
  uint64_t bytes_max() const noexcept { return bytes_max_; }
  size_t size() const noexcept { return slots_.size(); }

private:
  slot free_slot() {
    if (free_.empty()) {
      entries_.emplace_back();
      return static_cast<slot>(entries_.size() - 1);
    }
    const slot s = free_.back();
    free_.pop_back();
    return s;
  }
  entry remove(slot s) {
    entry out = std::exchange(entries_[s], entry{});
    policy_.erase(s);
    slots_.erase(out.key);
    free_.push_back(s);
    WEFT_ASSERT(out.bytes <= bytes_);
    bytes_ -= out.bytes;
    return out;
  }

  policy_kind kind_;
  uint64_t bytes_max_;
  frequency_sketch* sketch_;
  eviction_policy policy_;
  std::unordered_map<cache_key, slot, cache_key_hash> slots_;
  std::deque<entry> entries_; ///< by slot; bytes = 0: free. A deque, since growing never moves them
  std::vector<slot> free_;
  uint64_t bytes_ = 0;
  size_t cursor_ = 0;
};

} // namespace weft
