#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace weft {

/// Owners that said they compute something else than what was asked (another version, numeric class, scope or cache
/// generation), so that not every call has to hear it again. Owned by ROUTER; not thread-safe.
class foreign_owners {
public:
  /// A clear or a roll-out makes nodes differ for a moment: so short that it costs nobody's hits.
  static constexpr duration remembered_for = std::chrono::seconds{5};
  static constexpr size_t remembered_max = 1'024; ///< beyond this none is remembered anew

  /// True when it has said so again after that time: it is no passing difference.
  bool refused(node_id owner, uint64_t kind, time_point now) {
    forget_old(now);
    if (owners_.size() >= remembered_max && !owners_.contains({owner, kind}))
      return false;
    auto& last = owners_[{owner, kind}];
    const bool again = last.until != time_point{} && last.until <= now;
    last.until = now + remembered_for;
    return again && !std::exchange(last.lasting, true);
  }
  bool is_foreign(node_id owner, uint64_t kind, time_point now) const {
    const auto found = owners_.find({owner, kind});
    return found != owners_.end() && now < found->second.until;
  }
  void clear() { owners_.clear(); }

private:
  struct refusal {
    time_point until{};
    bool lasting = false;
  };
  /// A refusal is kept for a while after its time, to see whether the owner says so again.
  void forget_old(time_point now) {
    std::erase_if(owners_, [&](const auto& it) { return it.second.until + 4 * remembered_for <= now; });
  }

  std::map<std::pair<node_id, uint64_t>, refusal> owners_;
};

} // namespace weft
