#pragma once

#include "runtime/cache/slot_list.hpp"

namespace weft {

/// Least recently used goes first.
class lru_policy {
public:
  void insert(slot s, const entry_traits&) { order_.push_newest(links_, s); }
  void touch(slot s) {
    order_.erase(links_, s);
    order_.push_newest(links_, s);
  }
  void erase(slot s) { order_.erase(links_, s); }
  slot victim() { return order_.oldest(); }

private:
  slot_links links_;
  slot_list order_;
};

} // namespace weft
