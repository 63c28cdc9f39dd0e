#pragma once

#include "actors/interfaces.hpp"
#include "runtime/job/identity.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/peer_link.hpp"
#include "runtime/routing/router_core.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace weft {

/// A shard's misses, or a call in another class, on the way to where they are computed. On this node or another one.
struct computation {
  call_ptr call; ///< null: it is computed here, and only its end is told
  result_kind_ptr kind;
  route where;
  time_point since{};
  std::vector<std::shared_ptr<const embedding>> values; ///< [texts]; null: not answered
  std::optional<peer_end> end;                          ///< of another node's answer
  errc outcome = errc::none;                            ///< of what was computed here
  std::optional<failure> refused_here = std::nullopt;   ///< why this node does not, where another cannot either
  bool other_class = false;                             ///< in which this node does not compute
  std::vector<node_id> tried{};                         ///< of another class: that could not now
  std::optional<failure> last = std::nullopt;           ///< why the last of them could not

  bool complete() const {
    for (const auto& value : values)
      if (!value)
        return false;
    return true;
  }
};

} // namespace weft
