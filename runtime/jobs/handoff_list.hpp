#pragma once

#include "runtime/job/job_segment.hpp"
#include "runtime/routing/placement.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace weft {

/// Whether what is kept in one form need not be given to who has it in the other.
inline bool is_as_good(const segment_meta& theirs, const segment_meta& mine) {
  return !supersedes(mine, theirs);
}

/// Which owners are known to have the segments that this node keeps without owning them. Of one view: clear it with
/// every other. Part of repair_core.
class handoff_list {
public:
  void clear() { known_.clear(); }
  void forget(segment_id id) { known_.erase(id); }

  /// That owner has it, in this form or a better one.
  void confirm(const segment_meta& mine, node_id owner) {
    auto& known = known_[mine.id];
    if (known.stage != mine.stage || known.hash != mine.hash)
      known = {mine.stage, mine.hash, {}};
    if (std::ranges::find(known.owners, owner) == known.owners.end())
      known.owners.push_back(owner);
  }
  bool confirmed(const segment_meta& mine, node_id owner) const {
    const auto* known = find(mine);
    return known != nullptr && std::ranges::find(known->owners, owner) != known->owners.end();
  }
  /// All owners have it, and these are enough to keep it safe without this node.
  bool may_drop(const segment_meta& mine, const owner_list& owners, size_t synced) const {
    const auto has_it = [&](node_id owner) { return confirmed(mine, owner); };
    return !owners.empty() && owners.size() >= synced && std::all_of(owners.begin(), owners.end(), has_it);
  }
  size_t size() const noexcept { return known_.size(); }

private:
  struct known_holders {
    segment_stage stage = segment_stage::texts;
    uint64_t hash = 0;
    std::vector<node_id> owners;
  };

  const known_holders* find(const segment_meta& mine) const {
    const auto found = known_.find(mine.id);
    const bool same = found != known_.end() && found->second.stage == mine.stage && found->second.hash == mine.hash;
    return same ? &found->second : nullptr;
  }

  std::map<segment_id, known_holders> known_;
};

} // namespace weft
