#pragma once

#include "runtime/base/ids.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

enum class member_condition : uint8_t { starting, serving, draining, suspect, dead, left };
constexpr std::string_view to_string(member_condition c) noexcept {
  switch (c) {
  case member_condition::starting:
    return "starting";
  case member_condition::serving:
    return "serving";
  case member_condition::draining:
    return "draining";
  case member_condition::suspect:
    return "suspect";
  case member_condition::dead:
    return "dead";
  case member_condition::left:
    return "left";
  }
  return "?";
}

/// A node of the cluster as this node knows it.
struct cluster_member {
  node_id node{};
  boot_epoch epoch{};
  std::string name;
  std::string client_address; ///< host:port
  std::string peer_address;   ///< host:port, of the failure detector
  std::string data_address;   ///< host:port, of peer_link
  std::string region;
  std::string zone;
  uint32_t weight = 100; ///< its share of keys and work, relative to the others
  member_condition condition = member_condition::starting;
  uint8_t load = 0; ///< coarse: 0 idle … 15 full
};

/// Owns keys and is given work. A suspect is, until it is dead: it may be slow only.
constexpr bool takes_work(member_condition c) noexcept {
  return c == member_condition::serving || c == member_condition::suspect;
}

/// All members, this node among them. Immutable; made anew at every change.
struct cluster_view {
  node_id self{};
  uint64_t version = 0; ///< rises with every change that this node sees
  std::vector<cluster_member> members;
};
using cluster_view_ptr = std::shared_ptr<const cluster_view>;

} // namespace weft
