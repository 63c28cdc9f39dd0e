#pragma once

#include "runtime/membership/member_table.hpp"

#include <cstdint>

namespace weft {

/// Whom to probe next. Two orders take turns:
/// 1. the next live node id on the ring: so everyone is watched by someone, and silence is noticed within two probe
///    intervals, not only on average;
/// 2. everyone in a random order, anew after each round (SWIM's round robin), so nobody depends on one watcher.
/// A node that was put first (a witness is wanted) goes before both. No memory per member: a round is a walk with a
/// random start and a step that has no factor in common with the number of places.
class probe_schedule {
public:
  explicit probe_schedule(node_id self) : self_(self) {}

  /// The place of the member to probe, or member_table::none when there is no other live one.
  uint32_t next(const member_table& members, random_source& random);

  void put_first(node_id node) noexcept { first_ = node; }

  /// Keep the watched neighbor right: call these for every other member that comes to life or ends.
  void came(node_id node);
  void went(node_id node) noexcept { known_ = known_ && node != watched_; }

private:
  uint32_t watched(const member_table& members);
  uint32_t walk(const member_table& members, random_source& random);
  bool wanted(const member_table& members, uint32_t place) const;

  node_id self_;
  node_id first_{};
  node_id watched_{};
  bool known_ = false; ///< watched_ is right
  bool ring_turn_ = false;
  uint32_t start_ = 0;
  uint32_t step_ = 1;
  uint32_t taken_ = 0;
  uint32_t places_ = 0; ///< when the round began
};

} // namespace weft
