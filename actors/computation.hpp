#pragma once

#include "actors/borrowed_turns.hpp"
#include "actors/interfaces.hpp"
#include "runtime/ports/peer_link.hpp"
#include "runtime/routing/router_core.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// A shard's misses on their way to where they are computed. Of this node or of another one.
struct computation {
  call_ptr call; ///< null: it is computed here, and only its end is told
  result_kind_ptr kind;
  route where;
  std::vector<std::shared_ptr<const embedding>> values; ///< [texts]; null: not answered
  std::optional<peer_end> end;                          ///< of another node's answer

  bool complete() const {
    for (const auto& value : values)
      if (!value)
        return false;
    return true;
  }
};

/// Tells the router that a call which is computed here has ended: the call holds it.
class route_end {
public:
  route_end(router_actor router, route where) : router_(std::move(router)), where_(where) {}
  route_end(const route_end&) = delete;
  ~route_end() {
    borrowed_turns::send_along(router_,
                               computation_ptr{std::make_shared<const computation>(computation{.where = where_})});
  }

private:
  router_actor router_;
  route where_;
};

} // namespace weft
