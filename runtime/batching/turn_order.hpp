#pragma once

#include "runtime/job/context.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>

namespace weft {

/// Whose turn it is among calls that share a resource. Two rules:
/// 1. Between priorities: while all have work, high, normal and batch get 16 : 4 : 1 of the cost (stride scheduling),
///    so none starves; what one leaves unused goes to the others, highest first.
/// 2. Within a priority: three quarters of the cost go to the cheapest call, which finishes the most of them, and one
///    quarter to the oldest, so that none starves. Equals go in the order in which they came. Calls are served whole:
///    many that advance together would end together, and late.
/// Not thread-safe.
class turn_order {
public:
  /// `cost`: of the whole call. A call may leave and come back. REQUIRES: not there; older calls have lower numbers.
  void add(uint64_t call, priority level, uint64_t cost);
  /// REQUIRES: there.
  void remove(uint64_t call);
  bool contains(uint64_t call) const { return places_.contains(call); }
  bool empty() const noexcept { return places_.empty(); }

  /// The call to serve now. REQUIRES: !empty().
  uint64_t next();
  /// `call`, which next() named, was served for `cost`.
  void charge(uint64_t call, uint64_t cost);

  /// One part in so many goes to the oldest call.
  static constexpr uint64_t oldest_share = 4;
  /// What another priority is given at most while `level` is given `cost`.
  static uint64_t given_meanwhile(priority other, priority level, uint64_t cost) noexcept {
    return cost * strides[static_cast<size_t>(level)] / strides[static_cast<size_t>(other)];
  }

private:
  /// A class's pass grows by cost × stride, and the class with the least pass is next.
  static constexpr std::array<uint64_t, priority_count> strides{1, 4, 16};

  struct level_state {
    std::set<std::pair<uint64_t, uint64_t>> cheapest; ///< cost, call
    std::set<uint64_t> oldest;                        ///< the same calls
    uint64_t pass = 0;
    int64_t owed = 0; ///< cost of those who overtook the oldest, less oldest_share − 1 times its own: above 0 its turn
  };
  struct place {
    size_t level = 0;
    uint64_t cost = 0;
  };

  uint64_t pass_ = 0; ///< of the class that was served last: where a class that wakes up joins
  std::array<level_state, priority_count> levels_;
  std::unordered_map<uint64_t, place> places_;
};

} // namespace weft
