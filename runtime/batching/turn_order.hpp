#pragma once

#include "runtime/job/context.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace weft {

/// Whose turn it is among calls that share a resource. Two rules:
/// 1. Between priorities: while all have work, high, normal and batch get 16 : 4 : 1 of the cost (stride scheduling),
/// so
///    none starves; what one leaves unused goes to the others, highest first.
/// 2. Within a priority: round robin over the calls, one turn being `quantum` of cost, so a call with a thousand texts
///    delays one with a single text by about a turn, not by a thousand texts.
/// Not thread-safe.
class turn_order {
public:
  explicit turn_order(uint64_t quantum) : quantum_(quantum) {}

  /// REQUIRES: not there yet.
  void add(uint64_t call, priority level);
  /// REQUIRES: there.
  void remove(uint64_t call);
  bool contains(uint64_t call) const { return places_.contains(call); }
  bool empty() const noexcept { return places_.empty(); }

  /// The call to serve now. REQUIRES: !empty().
  uint64_t next();
  /// `call`, which next() named, was served for `cost`.
  void charge(uint64_t call, uint64_t cost);

private:
  /// A class's pass grows by cost × stride, and the class with the least pass is next.
  static constexpr std::array<uint64_t, priority_count> strides{1, 4, 16};

  struct level_state {
    std::list<uint64_t> ring; ///< the front has the turn
    uint64_t pass = 0;
    uint64_t used = 0; ///< by the front in this turn
  };
  struct place {
    size_t level = 0;
    std::list<uint64_t>::iterator position;
  };

  uint64_t quantum_;
  uint64_t pass_ = 0; ///< of the class that was served last: where a class that wakes up joins
  std::array<level_state, priority_count> levels_;
  std::unordered_map<uint64_t, place> places_;
};

} // namespace weft
