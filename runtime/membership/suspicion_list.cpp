#include "runtime/membership/suspicion_list.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

void suspicion_list::start(node_id node, suspicion about) {
  auto place = static_cast<uint32_t>(entries_.size());
  entries_.push_back({node, std::move(about)});
  next_ = std::min(next_, due(entries_.back()));
  index_.insert(node, place, node_at());
}

void suspicion_list::end(node_id node) {
  auto place = index_.find(node, node_at());
  if (place != node_index::none)
    remove(place);
}

bool suspicion_list::confirm(node_id node, node_id accuser) {
  auto place = index_.find(node, node_at());
  WEFT_ASSERT(place != node_index::none);
  if (!entries_[place].about.confirm(accuser))
    return false;
  next_ = std::min(next_, due(entries_[place]));
  return true;
}

void suspicion_list::expect_at_most(uint32_t confirmations) {
  for (auto& item : entries_)
    item.about.expect_at_most(confirmations);
  find_next();
}

void suspicion_list::postpone(duration by) {
  for (auto& item : entries_)
    item.about.postpone(by);
  find_next();
}

node_id suspicion_list::take_expired(time_point now) {
  if (now < next_)
    return node_id{};
  for (uint32_t place = 0; place < entries_.size(); ++place) {
    if (entries_[place].about.deadline() > now)
      continue;
    auto node = entries_[place].node;
    remove(place);
    return node;
  }
  find_next();
  return node_id{};
}

node_id suspicion_list::take_last_call(time_point now) {
  if (now < next_)
    return node_id{};
  for (auto& item : entries_) {
    if (item.called || due(item) > now)
      continue;
    item.called = true;
    return item.node;
  }
  find_next();
  return node_id{};
}

void suspicion_list::remove(uint32_t place) {
  index_.erase(entries_[place].node, node_at());
  auto last = static_cast<uint32_t>(entries_.size()) - 1;
  if (place != last) {
    index_.erase(entries_[last].node, node_at());
    entries_[place] = std::move(entries_[last]);
    index_.insert(entries_[place].node, place, node_at());
  }
  entries_.pop_back();
  if (entries_.empty())
    next_ = time_point::max();
}

void suspicion_list::find_next() {
  next_ = time_point::max();
  for (const auto& item : entries_)
    next_ = std::min(next_, due(item));
}

} // namespace weft
