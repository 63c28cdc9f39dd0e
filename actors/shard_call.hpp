#pragma once

#include "actors/interfaces.hpp"
#include "runtime/job/identity.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/routing/router_core.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace weft {

/// What a shard needs computed, behind the call port, so that it takes the same way as any call: queue, batches,
/// retries, deadline. The answer, whatever it is, goes to the shard as a message; also when everybody lets go of it.
class shard_call final : public call {
public:
  /// kind: of the results that its askers want; not null.
  /// refused_here: why this node's pool did not compute it: another node may.
  shard_call(weft::context context, embed_request request, result_kind_ptr kind, cache_shard_actor shard,
             uint64_t number, std::optional<failure> refused_here = {})
      : call(std::move(context), std::move(request)), kind_(std::move(kind)), shard_(std::move(shard)), number_(number),
        refused_here_(std::move(refused_here)) {}
  ~shard_call() override;

  const result_kind_ptr& kind() const noexcept { return kind_; }

  const std::optional<failure>& refused_here() const noexcept { return refused_here_; }
  /// It is computed on this node: the router learns how that ended. REQUIRES: before the pool has it.
  void tell_router(router_actor router, const route& where);

private:
  void on_reply(embed_result&& value) noexcept override { tell(std::move(value), errc::none); }
  void on_fail(failure&& reason) noexcept override {
    const auto why = reason.code;
    tell(std::move(reason), why);
  }
  void tell(result<embed_result> outcome, errc why) noexcept;

  const result_kind_ptr kind_;
  const cache_shard_actor shard_;
  const uint64_t number_;
  const std::optional<failure> refused_here_;
  router_actor router_;
  std::optional<route> where_;
};

} // namespace weft
