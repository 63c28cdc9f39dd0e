#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/cache/slot.hpp"

#include <vector>

namespace weft {

/// The links of all slots of a table; each slot is in at most one list.
class slot_links {
public:
  struct link {
    slot newer = no_slot;
    slot older = no_slot;
  };
  link& operator[](slot s) {
    if (s >= links_.size())
      links_.resize(size_t{s} + 1);
    return links_[s];
  }

private:
  std::vector<link> links_;
};

/// A list of slots from the newest to the oldest, all steps O(1).
class slot_list {
public:
  bool empty() const noexcept { return newest_ == no_slot; }
  slot newest() const noexcept { return newest_; }
  slot oldest() const noexcept { return oldest_; }

  void push_newest(slot_links& links, slot s) {
    links[s] = {no_slot, newest_};
    if (newest_ != no_slot)
      links[newest_].newer = s;
    else
      oldest_ = s;
    newest_ = s;
  }

  /// REQUIRES: the slot is in this list.
  void erase(slot_links& links, slot s) {
    const auto link = links[s];
    if (link.newer != no_slot)
      links[link.newer].older = link.older;
    else
      newest_ = link.older;
    if (link.older != no_slot)
      links[link.older].newer = link.newer;
    else
      oldest_ = link.newer;
    links[s] = {};
  }

private:
  slot newest_ = no_slot;
  slot oldest_ = no_slot;
};

} // namespace weft
