#include "actors/gateway.hpp"

#include "actors/parent.hpp"
#include "runtime/compress/parameters.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace weft {
namespace {

failure unknown_model(const std::string& model) {
  return {errc::unknown_model, "this node does not have the model '" + model + "'", {{"model", model}}};
}

failure too_many_items(const operation& kind, size_t items) {
  return {errc::too_many_items,
          kind.name + " takes up to " + std::to_string(kind.items_max) + " texts a call, not " + std::to_string(items),
          {{"items", std::to_string(items)}, {"limit", std::to_string(kind.items_max)}}};
}

/// The number of the operation's default pool when it serves the model, else of the first pool that does.
std::optional<uint32_t> find_pool(const tree_wiring& wiring, const operation& kind, const std::string& model) {
  std::optional<uint32_t> found;
  for (uint32_t i = 0; i < wiring.pools.size(); ++i)
    if (wiring.pools[i].model == model && (!found || wiring.pools[i].name == kind.pool))
      found = i;
  return found;
}

/// The pool that the call is for, or why there is none.
result<uint32_t> resolve(const gateway_state& state, const call& call, time_point now) {
  const auto& request = call.request();
  const auto* kind = state.setup.operations->find(operation_of(request.options));
  if (kind == nullptr)
    return failure{errc::unknown_operation, "this node does not have the operation"};
  // The edge has checked what clients sent: what does not read is of another node's release, and no fault of the texts.
  if (const auto& compress = request.options.compress; !compress.empty())
    if (auto wanted = parse_parameters(compress); !wanted)
      return failure{errc::other_identity,
                     "this node's release does not know these parameters: " + wanted.error().message};
  const auto& model = request.model.empty() ? state.setup.models.front() : request.model;
  if (std::ranges::find(state.setup.models, model) == state.setup.models.end())
    return unknown_model(model);
  const auto& tenant = call.context().tenant;
  if (state.wiring && state.wiring->effects && state.wiring->effects->suspended(tenant))
    return failure{errc::permission_denied, "the tenant '" + tenant + "' is suspended", {{"tenant", tenant}}};
  if (kind->items_max > 0 && request.texts.size() > kind->items_max)
    return too_many_items(*kind, request.texts.size());
  if (call.ended())
    return failure{errc::cancelled, "the client cancelled the call"};
  if (call.context().deadline <= now)
    return failure{errc::deadline_exceeded, "the deadline had passed when the call arrived"};
  const auto pool = state.wiring ? find_pool(*state.wiring, *kind, model) : std::nullopt;
  if (!pool)
    return failure{errc::unavailable, "no pool serves the model '" + model + "'"};
  return *pool;
}

} // namespace

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, const gateway_setup& setup) {
  self->state.setup = setup;
  name_exceptions(self);
  return {
      [self](const call_ptr& call) {
        auto pool = resolve(self->state, *call, self->clock().now());
        if (!pool)
          return call->fail(std::move(pool.error()));
        self->send(self->state.wiring->router, call, *pool);
      },
      [self](stop_atom) { self->quit(); },
      [self](wire_atom, const wiring_ptr& wiring) {
        if (!self->state.wiring)
          end_with(self, wiring->supervisor);
        self->state.wiring = wiring;
      },
  };
}

} // namespace weft
