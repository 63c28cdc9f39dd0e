#include "runtime/membership/member_table.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace weft {

const member* member_table::get(node_id node) const {
  auto place = find(node);
  return place == none ? nullptr : &members_[place];
}

uint32_t member_table::add(member_record record, time_point now) {
  WEFT_ASSERT(record.profile != nullptr);
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(members_.size()));
    members_.emplace_back();
  }
  auto place = free_.back();
  free_.pop_back();
  auto node = record.node;
  members_[place] = {std::move(record), now};
  index_.insert(node, place, node_at());
  count(members_[place].record, 1);
  ++size_;
  return place;
}

void member_table::update(uint32_t place, member_record record, time_point now) {
  auto& item = members_[place];
  WEFT_ASSERT(item.record.node == record.node);
  if (!record.profile) {
    record.profile = std::move(item.record.profile);
    record.profile_version = item.record.profile_version;
  }
  if (record.state != item.record.state)
    item.since = now;
  count(item.record, -1);
  item.record = std::move(record);
  count(item.record, 1);
}

void member_table::remove(uint32_t place) {
  WEFT_ASSERT(used(place));
  count(members_[place].record, -1);
  index_.erase(members_[place].record.node, node_at());
  members_[place] = {};
  free_.push_back(place);
  --size_;
}

uint32_t member_table::random_live(random_source& random, node_id self, node_id other) const {
  auto wanted = [&](uint32_t place) {
    const auto& record = members_[place].record;
    return record.profile && is_live(record.state) && record.node != self && record.node != other;
  };
  if (members_.empty())
    return none;
  for (int tries = 0; tries < 12; ++tries)
    if (auto place = random.below(places()); wanted(place))
      return place;
  auto start = random.below(places());
  for (uint32_t i = 0; i < places(); ++i)
    if (auto place = (start + i) % places(); wanted(place))
      return place;
  return none;
}

void member_table::count(const member_record& record, int sign) {
  counts_.of[static_cast<size_t>(record.state)] += static_cast<uint32_t>(sign);
  if (record.state == member_state::alive && record.phase == member_phase::draining)
    counts_.draining += static_cast<uint32_t>(sign);
  if (is_live(record.state)) {
    auto key = static_cast<uint64_t>(record.node) * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(record.epoch);
    digest_ ^= random_source{key}.next(); // XOR: adding and removing are the same
  }
}

} // namespace weft
