#include "runtime/membership/seed_list.hpp"

#include <algorithm>

namespace weft {

void seed_list::add(const std::vector<std::string>& addresses, std::string_view own, size_t addresses_max,
                    time_point now) {
  for (const auto& address : addresses) {
    auto same = [&](const entry& item) { return item.address == address; };
    if (address == own || entries_.size() >= addresses_max || std::any_of(entries_.begin(), entries_.end(), same))
      continue;
    entries_.push_back({address, node_id{}, now});
  }
}

void seed_list::settled(std::string_view address, node_id node) {
  for (auto& item : entries_) {
    if (item.address != address)
      continue;
    item.node = node;
    item.wait = wait_min;
    item.tries = 0;
  }
}

bool seed_list::silent(uint32_t tries) const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const entry& item) { return item.tries >= tries; });
}

time_point seed_list::next() const {
  auto next = time_point::max();
  for (const auto& item : entries_)
    next = std::min(next, item.next);
  return next;
}

} // namespace weft
