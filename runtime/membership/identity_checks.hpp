#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace weft {

/// Whether processes are still there whose node ids are claimed by later ones at other addresses: restarts elsewhere,
/// or copied data folders. Who claims asks again and again, and is told what was found since. A few, so a flat list.
/// Not thread-safe.
class identity_checks {
public:
  enum class finding : uint8_t {
    pending, ///< not known yet
    taken,   ///< it answered after the last question
    free,    ///< it was silent for `patience`, or its machine refused the connection
  };
  static constexpr size_t checks_max = 16; ///< at a time; further ones are pending
  /// After that the claimant has given up: it asks at least every 1.5 × seed_list::wait_max.
  static constexpr std::chrono::seconds keep{30};

  /// The process is asked every `interval` while it is silent.
  identity_checks(duration interval, duration patience) : interval_(interval), patience_(patience) {}

  /// Somebody else claims the id of the process (node, epoch). Every `taken` begins the check anew.
  finding claimed(node_id node, boot_epoch epoch, time_point now) {
    auto* known = find(node, epoch);
    if (known == nullptr) {
      std::erase_if(checks_, [&](const check& item) { return item.node == node; }); // of its predecessor
      if (checks_.size() < checks_max)
        checks_.push_back({node, epoch, now, now});
      return finding::pending;
    }
    if (known->answered) {
      *known = {node, epoch, now, now};
      return finding::taken;
    }
    if (!known->gone && now < known->since + patience_)
      return finding::pending;
    std::erase_if(checks_, [&](const check& item) { return item.node == node; });
    return finding::free;
  }

  /// A message of that process came.
  void answered(node_id node, boot_epoch epoch) {
    if (auto* known = find(node, epoch)) {
      known->answered = true;
      known->ask_at = time_point::max();
    }
  }

  /// Nobody listens at its address.
  void refused(node_id node) {
    for (auto& item : checks_)
      if (item.node == node)
        item.gone = true;
  }

  /// `ask(node, first)` for each that is to be asked now.
  template <class Ask> void tick(time_point now, Ask ask) {
    std::erase_if(checks_, [&](const check& item) { return item.since + keep <= now; });
    for (auto& item : checks_) {
      if (item.ask_at > now)
        continue;
      bool first = item.ask_at == item.since;
      item.ask_at = now + interval_ < item.since + patience_ ? now + interval_ : time_point::max();
      ask(item.node, first);
    }
  }

  time_point next() const {
    auto next = time_point::max();
    for (const auto& item : checks_)
      next = std::min({next, item.ask_at, item.since + keep});
    return next;
  }

  /// We stalled: the answers are still to be read.
  void postpone(duration by) {
    for (auto& item : checks_) {
      item.since += by;
      if (item.ask_at != time_point::max())
        item.ask_at += by;
    }
  }

private:
  struct check {
    node_id node{};
    boot_epoch epoch{};
    time_point since{};  ///< silent since then, as far as we know
    time_point ask_at{}; ///< max once it answered, or was asked often enough
    bool answered = false;
    bool gone = false;
  };

  check* find(node_id node, boot_epoch epoch) {
    auto found = std::find_if(checks_.begin(), checks_.end(),
                              [&](const check& item) { return item.node == node && item.epoch == epoch; });
    return found == checks_.end() ? nullptr : &*found;
  }

  duration interval_;
  duration patience_;
  std::vector<check> checks_;
};

} // namespace weft
