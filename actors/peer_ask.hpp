#pragma once

#include "actors/gather.hpp"
#include "runtime/ports/peer_link.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace weft {

/// Some texts of a call that were sent to another node, and what became of them. Written by peer_link's threads one
/// after the other, then by the router.
struct peer_ask {
  gather_ptr to;
  node_id peer{};
  std::vector<uint32_t> items;                          ///< indexes into the call's texts
  std::vector<cache_key> keys;                          ///< [items]
  std::vector<std::shared_ptr<const embedding>> values; ///< [items]; null: not answered
  std::optional<peer_end> end;
};

} // namespace weft
