#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// A probe that somebody asked us to make.
struct relay {
  uint32_t sequence = 0; ///< of our ping
  node_id target{};
  node_id origin{}; ///< who asked
  std::string origin_address;
  uint32_t origin_sequence = 0;
  bool refused = false; ///< its machine refused a connection, and who asked knows
  time_point nack_at{}; ///< max once sent
  time_point until{};   ///< a late answer is still passed on
};

/// The probes in flight on behalf of others; a few, so a flat list.
class relay_list {
public:
  explicit relay_list(uint32_t relays_max) : max_(relays_max) {}

  /// False: no room.
  bool add(relay item) {
    if (relays_.size() >= max_)
      return false;
    next_ = std::min({next_, item.nack_at, item.until});
    relays_.push_back(std::move(item));
    return true;
  }

  /// The target answered our ping: `tell(relay)` for who asked, and it is done.
  template <class Tell> void answered(node_id target, uint32_t sequence, Tell tell) {
    for (size_t i = 0; i < relays_.size(); ++i) {
      if (relays_[i].target != target || relays_[i].sequence != sequence)
        continue;
      tell(relays_[i]);
      relays_.erase(relays_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  /// Those that wait for `target`.
  template <class Tell> void each_of(node_id target, Tell tell) {
    for (auto& item : relays_)
      if (item.target == target)
        tell(item);
  }

  /// `nack(relay)` once for each whose target is late; drops the old ones.
  template <class Nack> void tick(time_point now, Nack nack) {
    if (now < next_)
      return;
    std::erase_if(relays_, [&](const relay& item) { return item.until <= now; });
    next_ = time_point::max();
    for (auto& item : relays_) {
      if (item.nack_at <= now) {
        item.nack_at = time_point::max();
        nack(item);
      }
      next_ = std::min({next_, item.nack_at, item.until});
    }
  }

  void clear() {
    relays_.clear();
    next_ = time_point::max();
  }
  time_point next() const noexcept { return next_; }

private:
  uint32_t max_;
  std::vector<relay> relays_;
  time_point next_ = time_point::max();
};

} // namespace weft
