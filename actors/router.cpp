#include "actors/router.hpp"

#include "actors/borrowed_turns.hpp"
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

// A token on one core, until answers tell.
constexpr auto token_guess = std::chrono::microseconds{100};

// A deadline that is nearer has passed: clocks and gRPC round.
constexpr auto deadline_rounding = std::chrono::milliseconds{2};

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

/// About as many tokens as the texts have: what the router's times are measured against.
uint32_t work_of(const call& call) noexcept {
  uint64_t tokens = 0;
  for (const auto& text : call.request().texts)
    tokens += 2 + std::min<uint64_t>(text.size() / 4, 512);
  return static_cast<uint32_t>(std::min<uint64_t>(tokens, UINT32_MAX));
}

/// A failure that the asking node would meet as well when it computed the text itself. Not what lies in the other node:
/// its models and its limits may be others.
bool lies_in_the_text(const failure& reason) noexcept {
  switch (reason.code) {
  case errc::invalid_utf8:
  case errc::text_too_long:
  case errc::budget_unreachable:
  case errc::not_text:
  case errc::invalid_argument:
    return true;
  default:
    return false;
  }
}

/// What a node must have to compute results of this kind.
capability capability_of(const result_kind_parts& parts) {
  return capability{std::hash<std::string>{}(parts.model + '\n' + parts.model_version + '\n' +
                                             std::string{to_string(parts.precision)})};
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
  if (origin && (!kind || !serves()))
    return call->fail({errc::other_identity,
                       "this node has another version, numeric class or cache generation of '" + target.model + "'"});
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

void router_state::ask_peer(const gather_ptr& to, node_id peer, const std::vector<uint32_t>& items,
                            const std::vector<cache_key>& keys) {
  auto asked = std::make_shared<peer_ask>(peer_ask{.to = to, .peer = peer});
  std::vector<gather::item> near;
  const auto& source = to->source();
  peer_request request{.context = source.context(),
                       .kind = to->kind(),
                       .model = to->kind()->parts().model,
                       .options = resolved_options(*to)};
  for (size_t i = 0; i < items.size(); ++i) {
    const identity what{to->kind(), to->text(items[i])};
    if (auto hit = near_->get(what, keys[i], now())) {
      near.push_back({items[i], hit->as_embedding(), source::memory});
      continue;
    }
    asked->items.push_back(items[i]);
    asked->keys.push_back(keys[i]);
    request.texts.push_back(what.text);
  }
  to->deliver(near);
  if (asked->items.empty())
    return;
  asked->values.resize(asked->items.size());
  to->open();
  peer_listener listener{
      .on_items =
          [asked](std::vector<peer_item> answered) {
            std::vector<gather::item> came;
            for (auto& one : answered) {
              if (one.index >= asked->items.size() || asked->values[one.index])
                continue; // a peer that answers what nobody asked
              asked->values[one.index] = one.value;
              came.push_back({asked->items[one.index], one.value, one.value->source});
            }
            asked->to->deliver(came);
          },
      .on_end =
          [asked, hdl = router_actor{self_}, lender = setup_.services->lender](peer_end end) {
            asked->to->close(end.usage);
            asked->end = std::move(end);
            send_from_outside(lender, hdl, peer_ask_ptr{asked});
          },
  };
  // The call lives as long as its gather, which the answer's listener holds.
  watch({to, &source}, setup_.peers->ask(peer, std::move(request), std::move(listener)));
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

void router_state::peer_ended(const peer_ask& asked) {
  std::vector<uint32_t> missing;
  std::vector<cache_key> keys;
  for (size_t i = 0; i < asked.items.size(); ++i) {
    if (asked.values[i]) {
      near_->put({asked.to->kind(), asked.to->text(asked.items[i])}, asked.keys[i], {asked.values[i]}, now());
    } else {
      missing.push_back(asked.items[i]);
      keys.push_back(asked.keys[i]);
    }
  }
  if (!asked.end->outcome && asked.end->outcome.error().code == errc::other_identity)
    remember_foreign(asked.peer, *asked.to->kind());
  if (missing.empty() || asked.to->source().ended())
    return;
  if (!asked.end->outcome && lies_in_the_text(asked.end->outcome.error())) {
    const auto& reason = asked.end->outcome.error();
    const auto named = item_of(reason);
    return asked.to->fail(named && *named < asked.items.size() ? rename_item(reason, asked.items[*named]) : reason);
  }
  // The owner is gone, full, or computes something else: the client need not know.
  ask_shards(asked.to, missing, keys);
}

bool router_state::passed_over(node_id owner, const result_kind& kind) const {
  const auto* member = find_member(*cluster_, owner);
  // A suspect may be dead: who waits for it waits until that is known.
  return (member && member->condition == member_condition::suspect) || foreign_.is_foreign(owner, kind.seed(), now());
}

void router_state::remember_foreign(node_id owner, const result_kind& kind) {
  if (!foreign_.refused(owner, kind.seed(), now()))
    return;
  const auto* member = find_member(*cluster_, owner);
  setup_.services->log("warn", name,
                       "'" + (member ? member->name : "?") + "' computes '" + kind.parts().model +
                           "' with another version, numeric class, cache scope or generation: what it owns is computed "
                           "and kept here");
}

void router_state::compute(const shard_call_ptr& call) {
  const auto kind =
      owners_.empty() ? nullptr : kind_of(call->request().model, call->request().options, call->context().tenant);
  const auto& refused_here = call->refused_here();
  if (!kind)
    return refused_here ? call->fail(*refused_here) : compute_here(call);
  const node_id self = cluster_->self;
  route_request wanted{.work = work_of(*call), .needs = capability_of(kind->parts())};
  if (refused_here)
    wanted.except = {&self, 1};
  else
    wanted.home = self;
  const auto where = targets_->pick(wanted, now());
  if (where && where->node != self)
    return compute_there(call, kind, *where);
  if (refused_here)
    return call->fail(*refused_here);
  if (where) // else all have as much as they may have; the pool's own bound answers
    call->tell_router(router_actor{self_}, *where);
  compute_here(call);
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

void router_state::compute_there(const shard_call_ptr& call, const result_kind_ptr& kind, const weft::route& where) {
  auto work = std::make_shared<computation>(computation{.call = call, .kind = kind, .where = where, .since = now()});
  const auto& request = call->request();
  work->values.resize(request.texts.size());
  peer_listener listener{
      .on_items =
          [work](std::vector<peer_item> answered) {
            for (auto& one : answered)
              if (one.index < work->values.size())
                work->values[one.index] = std::move(one.value);
          },
      .on_end =
          [work, hdl = router_actor{self_}, lender = setup_.services->lender](peer_end end) {
            work->end = std::move(end);
            send_from_outside(lender, hdl, computation_ptr{work});
          },
  };
  watch(call, setup_.peers->ask(where.node,
                                {.context = call->context(),
                                 .kind = kind,
                                 .model = request.model,
                                 .options = request.options,
                                 .texts = request.texts,
                                 .compute_only = true},
                                std::move(listener)));
}

void router_state::computed(const computation& done) {
  if (!done.call)
    return judge(done, done.outcome, setup_.services->loads->now());
  const auto& outcome = done.end->outcome;
  const auto why = !outcome ? outcome.error().code : done.complete() ? errc::none : errc::internal;
  judge(done, why, done.end->load);
  if (why == errc::none) {
    const auto& parts = done.kind->parts();
    embed_result result{.model = parts.model,
                        .model_version = parts.model_version,
                        .precision = parts.precision,
                        .usage = done.end->usage,
                        .times = {.infer = now() - done.since}}; // the way included: what it costs to do it again
    for (const auto& value : done.values)
      result.items.push_back(*value);
    return done.call->reply(std::move(result));
  }
  const bool too_late = done.call->context().deadline <= now() + deadline_rounding;
  if (!outcome && (lies_in_the_text(outcome.error()) || (why == errc::deadline_exceeded && too_late)))
    return done.call->fail(outcome.error());
  if (done.call->ended())
    return;
  if (const auto& refused_here = done.call->refused_here())
    return done.call->fail(*refused_here);
  compute_here(done.call);
}

void router_state::judge(const computation& done, errc why, const std::optional<node_load>& load) {
  switch (why) {
  case errc::none:
  case errc::invalid_utf8:
  case errc::text_too_long:
  case errc::budget_unreachable:
  case errc::not_text:
  case errc::deadline_exceeded:
    return targets_->answered(done.where, now(), load);
  case errc::overloaded:
  case errc::draining:
  case errc::model_loading:
    return targets_->refused(done.where, now(), load);
  case errc::other_identity:
  case errc::unknown_model:
    if (done.kind)
      return targets_->incapable(done.where, capability_of(done.kind->parts()), now());
    return targets_->abandoned(done.where, now());
  case errc::cancelled:
  case errc::invalid_argument: // a pattern, say: it says nothing about the node
    return targets_->abandoned(done.where, now());
  default:
    return targets_->failed(done.where, now());
  }
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
