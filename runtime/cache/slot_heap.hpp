#pragma once

#include "runtime/cache/slot.hpp"

#include <compare>
#include <cstdint>
#include <vector>

namespace weft {

/// The slot with the least rank first; O(log n) to add, change and remove any slot.
class slot_heap {
public:
  /// Between equal values the one that was ranked earlier goes first.
  struct rank {
    double value = 0;
    uint64_t turn = 0;
    auto operator<=>(const rank&) const = default;
  };

  bool empty() const noexcept { return heap_.empty(); }
  /// REQUIRES: not empty.
  slot least() const noexcept { return heap_.front(); }
  double least_value() const noexcept { return ranks_[heap_.front()].value; }

  /// Adds the slot, or ranks it anew.
  void set(slot s, double value);
  /// REQUIRES: the slot is in the heap.
  void erase(slot s);

private:
  void put(size_t place, slot s);
  void up(size_t place);
  void down(size_t place);

  std::vector<slot> heap_;
  std::vector<rank> ranks_;     ///< by slot
  std::vector<uint32_t> place_; ///< by slot; no_slot = not in the heap
  uint64_t turns_ = 0;
};

} // namespace weft
