#include "actors/router.hpp"

#include "actors/owners.hpp"
#include "actors/parent.hpp"
#include "runtime/compress/policy.hpp"
#include "runtime/registry/operation_registry.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// Different kinds are few (models × options × tenants); beyond this they are made anew, which costs a microsecond.
constexpr size_t kinds_max = 4'096;

// How soon a peer learns that nobody waits for its answer; a deadline it knows itself.
constexpr auto sweep_period = std::chrono::milliseconds{100};
// When to come again for a model that is being opened.
constexpr auto open_again = std::chrono::milliseconds{1'000};

// A token on one core, until answers tell.
constexpr auto token_guess = std::chrono::microseconds{100};

/// The parameters of `embed`, resolved, in the form that identities have had since the first release.
std::string embed_form(const embed_options& options) {
  std::string out = "normalize=";
  out += options.normalize ? '1' : '0';
  out += ";truncate=";
  out += options.truncate ? (options.side == truncation_side::left ? "left" : "right") : "refuse";
  return out;
}

/// The parameters of the operation, resolved: `auto` becomes the table by which it chooses. REQUIRES: the gateway has
/// looked at them.
std::string resolved_form(const embed_options& options, const settings_effects* effects) {
  if (options.compress.empty())
    return embed_form(options);
  auto wanted = parse_parameters(options.compress);
  if (!wanted)
    return options.compress;
  return canonical_form(resolve(*std::move(wanted), policy_of(effects)));
}

/// Computing gives the same for both: scope and generation are the asker's affair.
bool computes_the_same(const result_kind_parts& a, const result_kind_parts& b) {
  return a.operation == b.operation && a.model == b.model && a.model_version == b.model_version &&
         a.precision == b.precision && a.parameters == b.parameters;
}

} // namespace

void router_state::start(const router_setup& setup) {
  setup_ = setup;
  near_.emplace(setup.cache.near);
  targets_.emplace(router_options{.latency_guess = token_guess, .seed = setup.seed});
}

void router_state::wire(const wiring_ptr& wiring) {
  if (!wiring_)
    end_with(self_, wiring->supervisor);
  wiring_ = wiring;
  kinds_.clear(); // generation and scope may have changed
  near_->clear(wiring_->cache_generation);
  foreign_.clear();
}

void router_state::hear(const models_ptr& models) {
  models_ = models;
  kinds_.clear();
}

bool router_state::uses_cache(const call& call) const {
  return setup_.cache.enabled && !wiring_->shards.empty() && call.request().options.cached &&
         !(call.origin() && call.origin()->compute_only);
}

result_kind_ptr router_state::kind_of(const std::string& model, const embed_options& options,
                                      const std::string& tenant) {
  if (!models_)
    return nullptr;
  const auto found = std::ranges::find(*models_, model, [](const model_status& m) { return m.info.name; });
  if (found == models_->end() || found->state != model_state::ready)
    return nullptr;
  const auto& effects = wiring_->effects;
  const auto set = !effects                   ? std::nullopt
                   : options.compress.empty() ? effects->embed_shared
                                              : effects->compress_shared;
  const bool shared = set.value_or(setup_.cache.shared_by_tenants);
  const auto scope = shared ? std::string{} : tenant;
  const auto parameters = resolved_form(options, effects.get());
  auto known = model + '\n' + parameters + '\n' + scope;
  if (auto it = kinds_.find(known); it != kinds_.end())
    return it->second;
  if (kinds_.size() >= kinds_max)
    kinds_.clear();
  auto made = std::make_shared<const result_kind>(result_kind_parts{.operation = std::string{operation_of(options)},
                                                                    .model = model,
                                                                    .model_version = found->info.version,
                                                                    .precision = found->info.precision,
                                                                    .parameters = parameters,
                                                                    .scope = scope,
                                                                    .generation = wiring_->cache_generation});
  kinds_.emplace(std::move(known), made);
  return made;
}

void router_state::route(const call_ptr& call, uint32_t pool) {
  const auto& target = wiring_->pools.at(pool);
  const auto kind = kind_of(target.model, call->request().options, call->context().tenant);
  const auto* origin = call->origin();
  const auto serves = [&] {
    return origin->compute_only ? computes_the_same(kind->parts(), origin->kind->parts())
                                : kind->bytes() == origin->kind->bytes();
  };
  const auto& wanted = call->request().precision;
  if (!kind && (origin ? origin->compute_only : wanted.has_value())) {
    // In which class it would be computed is not known yet: nobody may take it for another one.
    self_->send(wiring_->keeper, want_atom_v, target.model);
    return call->fail(
        {errc::model_loading, "the model '" + target.model + "' is not open on this node", {}, open_again});
  }
  if (origin && (!kind || !serves()))
    return call->fail({errc::other_identity,
                       "this node has another version, numeric class or cache generation of '" + target.model + "'"});
  if (wanted && *wanted != kind->parts().precision) {
    auto parts = kind->parts();
    parts.precision = *wanted;
    return compute_in_class({.call = call, .kind = std::make_shared<const result_kind>(std::move(parts))});
  }
  if (!kind || !uses_cache(*call))
    return hand_over(call, target);
  const auto to = std::make_shared<gather>(call, kind);
  const auto& texts = call->request().texts;
  std::vector<uint32_t> items(texts.size());
  std::vector<cache_key> keys(texts.size());
  for (uint32_t i = 0; i < texts.size(); ++i) {
    items[i] = i;
    keys[i] = key_of(*kind, texts[i]);
  }
  if (origin || owners_.empty())
    return ask_shards(to, items, keys);
  for (const auto& group : group_by_owner(owners_, keys)) {
    std::vector<cache_key> of_group;
    for (auto index : group.items)
      of_group.push_back(keys[index]);
    if (group.owner == cluster_->self || passed_over(group.owner, *kind))
      ask_shards(to, group.items, of_group);
    else
      ask_peer(to, group.owner, group.items, of_group);
  }
}

void router_state::ask_shards(const gather_ptr& to, const std::vector<uint32_t>& items,
                              const std::vector<cache_key>& keys) {
  const auto& shards = wiring_->shards;
  std::vector<shard_ask> asks(shards.size());
  for (size_t i = 0; i < items.size(); ++i) {
    auto& one = asks[shard_of(keys[i], shards.size())];
    one.items.push_back(items[i]);
    one.keys.push_back(keys[i]);
  }
  for (size_t i = 0; i < asks.size(); ++i) {
    if (asks[i].items.empty())
      continue;
    asks[i].to = to;
    self_->send(shards[i], std::make_shared<const shard_ask>(std::move(asks[i])));
  }
}

void router_state::watch(std::shared_ptr<const call> call, peer_cancel cancel) {
  open_.add(call, std::move(cancel));
  if (!std::exchange(armed_, true))
    self_->delayed_send(self_, sweep_period, tick_atom_v);
}

void router_state::tick() {
  near_->tick(now());
  open_.sweep();
  armed_ = !open_.empty();
  if (armed_)
    self_->delayed_send(self_, sweep_period, tick_atom_v);
}

void router_state::compute_here(const call_ptr& call) {
  const auto& model = call->request().model;
  const auto found = std::ranges::find(wiring_->pools, model, &tree_wiring::pool::model);
  if (found == wiring_->pools.end())
    return call->fail({errc::unavailable, "no pool serves the model '" + model + "'"});
  hand_over(call, *found);
}

void router_state::hand_over(const call_ptr& call, const tree_wiring::pool& pool) {
  if (call->request().options.compress.empty())
    self_->send(pool.handle, call);
  else
    self_->send(wiring_->compressor, call, pool.model);
}

void router_state::hear(const cluster_view_ptr& cluster) {
  cluster_ = cluster;
  const auto* self = find_member(*cluster, cluster->self);
  std::vector<route_target> targets;
  for (const auto& member : cluster->members)
    if (self && member.region == self->region && takes_work(member.condition))
      targets.push_back({.node = member.node,
                         .epoch = member.epoch,
                         .weight = member.weight,
                         .suspect = member.condition == member_condition::suspect,
                         .load_level = member.load});
  targets_->set_targets(targets);
  owners_ = setup_.peers ? owners_in(*cluster) : placement{};
}

router_actor::behavior_type router(router_state::self_pointer self, const router_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](const call_ptr& call, uint32_t pool) { state.route(call, pool); },
      [&state](compute_atom, const shard_call_ptr& call) { state.compute(call); },
      [&state](const peer_ask_ptr& asked) { state.peer_ended(*asked); },
      [&state](const computation_ptr& done) { state.computed(*done); },
      [&state](const lookup_ask_ptr& asked) { state.look_up(asked); },
      [&state](tick_atom) { state.tick(); },
      [&state](const models_ptr& models) { state.hear(models); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
  };
}

} // namespace weft
