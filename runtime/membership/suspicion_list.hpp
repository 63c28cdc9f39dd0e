#pragma once

#include "runtime/membership/node_index.hpp"
#include "runtime/membership/suspicion.hpp"

#include <vector>

namespace weft {

/// All members under suspicion, and when the next of these suspicions is over. Bounded by the number of members.
class suspicion_list {
  auto node_at() const {
    return [this](uint32_t place) { return entries_[place].node; };
  }

public:
  /// `last_call`: how long before its end take_last_call() names a suspicion.
  explicit suspicion_list(duration last_call = {}) : last_call_(last_call) {}

  /// REQUIRES: the node is not there.
  void start(node_id node, suspicion about);
  void end(node_id node);
  bool contains(node_id node) const { return index_.find(node, node_at()) != node_index::none; }

  /// Another accuser. True when that is news worth passing on. REQUIRES: the node is there.
  bool confirm(node_id node, node_id accuser);
  /// No more than so many members are left who could confirm anything.
  void expect_at_most(uint32_t confirmations);
  /// We were not looking for so long.
  void postpone(duration by);

  /// Takes out one whose time is over; node_id{} when there is none.
  node_id take_expired(time_point now);
  /// One that ends within the time of the last call, each once; node_id{} when there is none.
  node_id take_last_call(time_point now);
  /// Not later than the next end or last call (a little early after one of them was refuted); max without any.
  time_point next() const noexcept { return next_; }

  size_t size() const noexcept { return entries_.size(); }

private:
  struct entry {
    node_id node;
    suspicion about;
    bool called = false;
  };

  time_point due(const entry& item) const { return item.about.deadline() - (item.called ? duration{} : last_call_); }
  void remove(uint32_t place);
  void find_next();

  duration last_call_;
  std::vector<entry> entries_;
  node_index index_;
  time_point next_ = time_point::max();
};

} // namespace weft
