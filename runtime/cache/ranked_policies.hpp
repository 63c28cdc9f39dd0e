#pragma once

#include "runtime/cache/slot_heap.hpp"

#include <algorithm>
#include <vector>

namespace weft {

/// Least frequently used while in the cache; between equals the least recently used. It never forgets, so it suits
/// popularity that does not move.
class lfu_policy {
public:
  void insert(slot s, const entry_traits&) {
    if (s >= uses_.size())
      uses_.resize(size_t{s} + 1);
    uses_[s] = 1;
    heap_.set(s, 1);
  }
  void touch(slot s) { heap_.set(s, static_cast<double>(++uses_[s])); }
  void erase(slot s) { heap_.erase(s); }
  slot victim() { return heap_.empty() ? no_slot : heap_.least(); }

private:
  slot_heap heap_;
  std::vector<uint64_t> uses_;
};

/// What expires first goes first; between equals the oldest. Hits change nothing.
class ttl_policy {
public:
  void insert(slot s, const entry_traits& entry) {
    heap_.set(s, static_cast<double>(entry.expires.time_since_epoch().count()));
  }
  void touch(slot) {}
  void erase(slot s) { heap_.erase(s); }
  slot victim() { return heap_.empty() ? no_slot : heap_.least(); }

private:
  slot_heap heap_;
};

/// Greedy Dual Size Frequency: what saves the least computing a byte goes first. Rank = L + uses · cost / bytes, where
/// L is the rank of the last evicted, so that what is no longer used sinks. Source: Cherkasova, HPL-98-69R1 (1998).
class gdsf_policy {
public:
  void insert(slot s, const entry_traits& entry) {
    if (s >= entries_.size())
      entries_.resize(size_t{s} + 1);
    entries_[s] = {1, entry.cost / std::max<double>(entry.bytes, 1)};
    rank(s);
  }
  void touch(slot s) {
    ++entries_[s].uses;
    rank(s);
  }
  void erase(slot s) { heap_.erase(s); }
  slot victim() {
    if (heap_.empty())
      return no_slot;
    inflation_ = std::max(inflation_, heap_.least_value());
    return heap_.least();
  }

private:
  struct worth {
    double uses = 0;
    double cost_per_byte = 0;
  };
  void rank(slot s) { heap_.set(s, inflation_ + entries_[s].uses * entries_[s].cost_per_byte); }

  slot_heap heap_;
  std::vector<worth> entries_;
  double inflation_ = 0;
};

} // namespace weft
