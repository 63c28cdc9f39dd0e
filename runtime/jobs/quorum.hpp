#pragma once

#include "runtime/ports/cluster_view.hpp"

#include <cstddef>
#include <string_view>

namespace weft {

/// The members of a region that should be there, and those of them that are.
struct member_presence {
  size_t members = 0; ///< the dead count, who left does not: it said goodbye and its work was handed on
  size_t present = 0;
};

inline member_presence presence_in(const cluster_view& view, std::string_view region) {
  member_presence counted;
  for (const auto& member : view.members) {
    if (member.region != region || member.condition == member_condition::left)
      continue;
    ++counted.members;
    counted.present += member.condition != member_condition::dead;
  }
  return counted;
}

/// More than half of the members are missing: rather we are cut off than they are all gone. Nothing is taken over then,
/// serving goes on. Half is not enough: of two nodes the survivor takes over.
inline bool takeover_frozen(const cluster_view& view, std::string_view region) {
  const auto counted = presence_in(view, region);
  return 2 * (counted.members - counted.present) > counted.members;
}

} // namespace weft
