#pragma once

#include "actors/interfaces.hpp"
#include "actors/shard_call.hpp"
#include "runtime/ports/peer_link.hpp"
#include "runtime/routing/router_core.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace weft {

/// A shard's misses on their way to where they are computed. Of this node or of another one.
struct computation {
  shard_call_ptr call; ///< null: it is computed here, and only its end is told
  result_kind_ptr kind;
  route where;
  time_point since{};
  std::vector<std::shared_ptr<const embedding>> values; ///< [texts]; null: not answered
  std::optional<peer_end> end;                          ///< of another node's answer
  errc outcome = errc::none;                            ///< of what was computed here

  bool complete() const {
    for (const auto& value : values)
      if (!value)
        return false;
    return true;
  }
};

} // namespace weft
