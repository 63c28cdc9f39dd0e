#pragma once

#include "runtime/base/ids.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weft {

/// What the failure detector says of a member, in the order in which claims about one incarnation beat each other.
enum class member_state : uint8_t { alive, suspect, dead, left };

/// What a member says of the work it takes. A draining one finishes what it has and is given nothing new.
enum class member_phase : uint8_t { starting, serving, draining };

/// What a member says of itself; a degraded one works, slower or with less.
enum class node_health : uint8_t { healthy, degraded, unhealthy };

/// The peer protocol versions that a release speaks, so that release N and N−1 run together.
struct protocol_range {
  uint16_t min = 1;
  uint16_t max = 1;

  bool operator==(const protocol_range&) const = default;
};

inline constexpr bool overlap(protocol_range a, protocol_range b) noexcept {
  return a.min <= b.max && b.min <= a.max;
}

/// What of a member changes rarely: by a restart, or by new configuration.
struct member_profile {
  std::string name;
  std::string client_address; ///< host:port
  std::string peer_address;   ///< host:port
  std::string data_address;   ///< host:port, where nodes ask each other for results
  std::string region;
  std::string zone;    ///< replicas go to different ones
  double weight = 1.0; ///< capacity beside the others'
  protocol_range protocol;

  bool operator==(const member_profile&) const = default;
};

using profile_ptr = std::shared_ptr<const member_profile>;

/// A claim about a member. Identity is (node, epoch); claims are ordered by (epoch, incarnation, state).
struct member_record {
  node_id node{};
  boot_epoch epoch{};
  uint32_t incarnation = 0;     ///< raised by the member alone: to refute, or to say something new of itself
  uint32_t profile_version = 0; ///< the incarnation in which the profile came up
  member_state state = member_state::alive;
  member_phase phase = member_phase::starting;
  node_health health = node_health::healthy;
  uint8_t load = 0;    ///< coarse, 0 idle … 15 full; exact load travels in replies
  profile_ptr profile; ///< null in a brief claim, whose reader has the profile already
};

/// Takes part: is probed, told the news, counted.
inline constexpr bool is_live(member_state state) noexcept {
  return state == member_state::alive || state == member_state::suspect;
}

/// Said by others, so that it needs an accuser.
inline constexpr bool is_accusation(member_state state) noexcept {
  return state == member_state::suspect || state == member_state::dead;
}

/// Whether `claim` is newer than `known`, both about the same node. Equal claims are not news.
inline constexpr bool supersedes(const member_record& claim, const member_record& known) noexcept {
  if (claim.epoch != known.epoch)
    return claim.epoch > known.epoch;
  if (claim.incarnation != known.incarnation)
    return claim.incarnation > known.incarnation;
  return claim.state > known.state;
}

inline constexpr std::string_view to_string(member_state state) noexcept {
  switch (state) {
  case member_state::alive:
    return "alive";
  case member_state::suspect:
    return "suspect";
  case member_state::dead:
    return "dead";
  case member_state::left:
    return "left";
  }
  return "unknown";
}

} // namespace weft
