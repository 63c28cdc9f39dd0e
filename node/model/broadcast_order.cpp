#include "node/model/broadcast_order.hpp"

#include <algorithm>

namespace weft {

std::vector<std::string> broadcast_order::announce(const std::string& address, time_point now) {
  std::erase_if(entries_, [&](const entry& it) { return now - it.seen >= options_.lease; });
  auto at = std::ranges::find(entries_, address, &entry::address);
  if (at != entries_.end())
    at->seen = now;
  const auto before = static_cast<size_t>(at - entries_.begin());
  std::vector<std::string> out;
  for (size_t i = before; i > 0 && out.size() < options_.upstream_max; --i)
    out.push_back(entries_[i - 1].address);
  if (at == entries_.end() && !address.empty() && entries_.size() < options_.nodes_max)
    entries_.push_back({address, now});
  return out;
}

} // namespace weft
