#include "actors/shard_call.hpp"

#include "actors/borrowed_turns.hpp"
#include "actors/computation.hpp"

namespace weft {

shard_call::~shard_call() {
  if (!answered())
    tell(failure{errc::unavailable, "the call was lost inside the node"},
         ended() ? errc::cancelled : errc::unavailable);
}

void shard_call::tell_router(router_actor router, const route& where) {
  router_ = std::move(router);
  where_ = where;
}

void shard_call::tell(result<embed_result> outcome, errc why) noexcept {
  if (where_) {
    computation end;
    end.where = *where_;
    end.outcome = why;
    borrowed_turns::send_along(router_, computation_ptr{std::make_shared<const computation>(std::move(end))});
  }
  borrowed_turns::send_along(shard_, computed_atom_v, number_,
                             std::make_shared<result<embed_result>>(std::move(outcome)));
}

} // namespace weft
