#pragma once

#include "actors/borrowed_turns.hpp"
#include "actors/interfaces.hpp"

#include <utility>

namespace weft {

/// What a shard needs computed, behind the call port, so that it takes the same way as any call: queue, batches,
/// retries, deadline. The answer, whatever it is, goes to the shard as a message; also when everybody lets go of it.
class shard_call final : public call {
public:
  shard_call(weft::context context, embed_request request, cache_shard_actor shard, uint64_t number)
      : call(std::move(context), std::move(request)), shard_(std::move(shard)), number_(number) {}
  ~shard_call() override {
    if (!answered())
      tell(failure{errc::unavailable, "the call was lost inside the node"});
  }

private:
  void on_reply(embed_result&& value) noexcept override { tell(std::move(value)); }
  void on_fail(failure&& reason) noexcept override { tell(std::move(reason)); }
  void tell(result<embed_result> outcome) noexcept {
    borrowed_turns::send_along(shard_, computed_atom_v, number_,
                               std::make_shared<result<embed_result>>(std::move(outcome)));
  }

  cache_shard_actor shard_;
  uint64_t number_;
};

} // namespace weft
