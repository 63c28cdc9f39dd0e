#include "actors/borrowed_turns.hpp"
#include "actors/owners.hpp"
#include "actors/router.hpp"
#include "actors/shard_call.hpp"

#include <algorithm>
#include <utility>

// What other nodes do for this one: answer what they own, and compute what is missed here.
namespace weft {
namespace {

// A deadline that is nearer has passed: clocks and gRPC round.
constexpr auto deadline_rounding = std::chrono::milliseconds{2};
// Between two lines of the log that say that nobody computes in a class.
constexpr auto missed_period = std::chrono::minutes{1};

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

/// The node cannot compute it at all, and is not asked for a while.
bool is_another_asked(errc why) noexcept {
  return why == errc::other_identity || why == errc::unknown_model;
}

/// Whether another node of the class may be able to.
bool can_another(errc why) noexcept {
  return is_another_asked(why) || why == errc::overloaded || why == errc::draining || why == errc::model_loading ||
         why == errc::unavailable || why == errc::deadline_exceeded || why == errc::engine_failed;
}

} // namespace

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

void router_state::peer_ended(const peer_ask& asked) {
  if (asked.end->load)
    targets_->told(asked.peer, *asked.end->load, now());
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
  const auto& refused_here = call->refused_here();
  // What this node refused is asked of others in the class that was wanted: its own may be another one by now.
  const auto kind = owners_.empty() ? nullptr
                    : refused_here  ? call->kind()
                                    : kind_of(call->request().model, call->request().options, call->context().tenant);
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
    return compute_there({.call = call, .kind = kind, .where = *where, .refused_here = refused_here});
  if (refused_here)
    return call->fail(*refused_here);
  if (where) // else all have as much as they may have; the pool's own bound answers
    call->tell_router(router_actor{self_}, *where);
  compute_here(call);
}

void router_state::compute_in_class(computation what) {
  auto except = what.tried;
  except.push_back(cluster_ ? cluster_->self : node_id{});
  const auto& parts = what.kind->parts();
  const auto where =
      owners_.empty()
          ? result<weft::route>{failure{errc::unavailable, "this node is alone"}}
          : targets_->pick({.work = work_of(*what.call), .needs = capability_of(parts), .except = except}, now());
  if (where) {
    what.where = *where;
    what.other_class = true;
    return compute_there(std::move(what));
  }
  if (what.last)
    return what.call->fail(*what.last);
  if (where.error().code == errc::overloaded)
    return what.call->fail(where.error());
  const auto why = "no node that is there computes '" + parts.model + "' in " +
                   std::string{to_string(parts.precision)} + ": start one with that model.precision";
  if (!class_missed_ || now() - *class_missed_ >= missed_period) {
    class_missed_ = now();
    setup_.services->log("warn", name, why + "; what is bound to that class, as corpora are, waits");
  }
  what.call->fail({errc::other_identity, why});
}

/// The next one: it computes something else after all, or cannot now.
void router_state::compute_elsewhere(const computation& done, failure why) {
  auto tried = done.tried;
  tried.push_back(done.where.node);
  const auto code = why.code;
  computation next{.call = done.call, .kind = done.kind, .tried = std::move(tried), .last = done.last};
  if (!is_another_asked(code))
    next.last = std::move(why);
  compute_in_class(std::move(next));
}

void router_state::compute_there(computation what) {
  what.since = now();
  what.values.resize(what.call->request().texts.size());
  auto work = std::make_shared<computation>(std::move(what));
  const auto& request = work->call->request();
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
  watch(work->call, setup_.peers->ask(work->where.node,
                                      {.context = work->call->context(),
                                       .kind = work->kind,
                                       .model = work->kind->parts().model,
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
  if (done.other_class) {
    const auto reason = outcome ? failure{errc::unavailable, "a node has left texts out"} : outcome.error();
    return can_another(reason.code) ? compute_elsewhere(done, reason) : done.call->fail(reason);
  }
  if (done.refused_here)
    return done.call->fail(*done.refused_here);
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

} // namespace weft
