#include "runtime/membership/probe_schedule.hpp"

#include <numeric>
#include <utility>

namespace weft {

uint32_t probe_schedule::next(const member_table& members, random_source& random) {
  if (members.counts().live() < 2)
    return member_table::none;
  if (auto first = std::exchange(first_, node_id{}); first != node_id{}) {
    auto place = members.find(first);
    if (place != member_table::none && wanted(members, place))
      return place;
  }
  ring_turn_ = !ring_turn_;
  if (ring_turn_)
    return watched(members);
  return walk(members, random);
}

void probe_schedule::came(node_id node) {
  // Distances on the ring of 64-bit ids, upwards from us.
  auto distance = [this](node_id other) { return static_cast<uint64_t>(other) - static_cast<uint64_t>(self_); };
  if (known_ && distance(node) < distance(watched_))
    watched_ = node;
}

uint32_t probe_schedule::watched(const member_table& members) {
  if (!known_) {
    bool any = false;
    uint64_t best = 0;
    members.for_each([&](const member& other) {
      auto distance = static_cast<uint64_t>(other.record.node) - static_cast<uint64_t>(self_);
      if (distance == 0 || !is_live(other.record.state) || (any && distance >= best))
        return;
      any = true;
      best = distance;
      watched_ = other.record.node;
    });
    known_ = any;
  }
  return known_ ? members.find(watched_) : member_table::none;
}

uint32_t probe_schedule::walk(const member_table& members, random_source& random) {
  // Two rounds at most: the rest of this one and a whole new one, which meets everybody.
  for (uint64_t tries = 0; tries < 2 * uint64_t{members.places()} + 1; ++tries) {
    if (taken_ >= places_ || places_ != members.places()) {
      places_ = members.places();
      taken_ = 0;
      start_ = random.below(places_);
      do
        step_ = 1 + random.below(places_);
      while (std::gcd(step_, places_) != 1);
    }
    auto place = static_cast<uint32_t>((start_ + uint64_t{taken_++} * step_) % places_);
    if (wanted(members, place))
      return place;
  }
  return member_table::none;
}

bool probe_schedule::wanted(const member_table& members, uint32_t place) const {
  const auto& record = members.at(place).record;
  return record.profile && is_live(record.state) && record.node != self_;
}

} // namespace weft
