#pragma once

#include "runtime/ports/cluster_view.hpp"

#include <cstddef>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

inline bool is_present(member_condition condition) noexcept {
  return condition != member_condition::dead && condition != member_condition::left;
}

/// The dead of a region, one for each place that is empty. A node that has lost its disk comes back as another member
/// at the same address, and the former one is remembered for a day: nobody is missing there. If it ends as well, one
/// is.
inline std::vector<const cluster_member*> missing_members(const cluster_view& view, std::string_view region) {
  std::map<std::string_view, const cluster_member*> latest; // by address
  std::vector<const cluster_member*> out;
  const auto is_later = [](const cluster_member& one, const cluster_member& other) {
    return std::pair{is_present(one.condition), one.epoch} > std::pair{is_present(other.condition), other.epoch};
  };
  for (const auto& member : view.members) {
    if (member.region != region || member.condition == member_condition::left)
      continue;
    if (member.peer_address.empty()) {
      if (!is_present(member.condition))
        out.push_back(&member);
    } else if (auto& known = latest[member.peer_address]; known == nullptr || is_later(member, *known)) {
      known = &member;
    }
  }
  for (const auto& [address, member] : latest)
    if (!is_present(member->condition))
      out.push_back(member);
  return out;
}

/// The members of a region that should be there, and those of them that are.
struct member_presence {
  size_t members = 0; ///< the missing count, who left does not: it said goodbye and its work was handed on
  size_t present = 0;
};

inline member_presence presence_in(const cluster_view& view, std::string_view region) {
  member_presence counted;
  for (const auto& member : view.members)
    counted.present += member.region == region && is_present(member.condition);
  counted.members = counted.present + missing_members(view, region).size();
  return counted;
}

/// More than half of the members are missing: rather we are cut off than they are all gone. Nothing is taken over then,
/// serving goes on. Half is not enough: of two nodes the survivor takes over.
inline bool takeover_frozen(const cluster_view& view, std::string_view region) {
  const auto counted = presence_in(view, region);
  return 2 * (counted.members - counted.present) > counted.members;
}

} // namespace weft
