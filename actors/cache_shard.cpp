#include "actors/cache_shard.hpp"

#include "actors/borrowed_turns.hpp"
#include "actors/owners.hpp"
#include "actors/parent.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/job/made_as.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// How soon a client that has gone frees its place; deadlines have timers of their own.
constexpr auto sweep_period = std::chrono::milliseconds{100};
// How often expired entries are looked for, and a store that refused writes is asked again.
constexpr auto tidy_period = std::chrono::seconds{1};
// A deadline that is nearer has passed: timers and clocks round.
constexpr auto deadline_rounding = std::chrono::milliseconds{2};
constexpr uint64_t write_bytes_a_batch = 1ULL << 20;

/// Results are gathered by call before they are delivered: one message's work mostly belongs to one.
class deliveries {
public:
  ~deliveries() {
    for (auto& [to, items] : by_call_)
      to->deliver(items);
  }
  void add(const gather_ptr& to, gather::item item) {
    if (by_call_.empty() || by_call_.back().first != to)
      by_call_.emplace_back(to, std::vector<gather::item>{});
    by_call_.back().second.push_back(std::move(item));
  }

private:
  std::vector<std::pair<gather_ptr, std::vector<gather::item>>> by_call_;
};

/// A pool that is full, has lost its engines, or has another model by now: other nodes may be better off.
bool lies_in_this_node(errc code) noexcept {
  return code == errc::overloaded || code == errc::engine_failed || code == errc::unavailable ||
         code == errc::model_loading;
}

source source_of(cache_level level) noexcept {
  return level == cache_level::l3 ? source::store : source::memory;
}

} // namespace

void cache_shard_state::start(const cache_shard_setup& setup) {
  setup_ = setup;
  cache_.emplace(setup.cache.shard);
  flights_.emplace(setup.cache.flights);
  repairs_ = repair_rule{setup.cache.repair};
  ahead_ = preload_plan{setup.cache.preload};
  hot_keys_due_ = now() + setup.cache.hot_keys_every;
  arm_timer();
}

void cache_shard_state::wire(const wiring_ptr& wiring) {
  const bool first = !wiring_;
  if (first)
    end_with(self_, wiring->supervisor);
  wiring_ = wiring;
  if (wiring_->cache_generation > cache_->generation()) {
    cache_->clear(wiring_->cache_generation);
    if (setup_.store)
      setup_.store->clear(wiring_->cache_generation, [](const status&) {});
  }
  if (first)
    ask_for_hot_keys();
}

void cache_shard_state::hear(const cluster_view_ptr& cluster) {
  const bool same = cluster_ && same_owners(*cluster_, *cluster);
  cluster_ = cluster;
  if (!same)
    owners_ = setup_.cache.link ? owners_in(*cluster) : placement{};
}

void cache_shard_state::ask(const shard_ask& asked) {
  std::vector<waiter_id> to_look_up, to_compute;
  deliveries found;
  for (size_t i = 0; i < asked.items.size(); ++i) {
    const shard_waiter waiter{asked.to, asked.items[i], asked.keys[i]};
    const auto what = identity_of(waiter);
    auto answer = cache_->get(what, waiter.key, now());
    if (auto* hit = std::get_if<cache_hit>(&answer)) {
      found.add(asked.to, {waiter.index, hit->value.as_embedding(), source_of(hit->level)});
      continue;
    }
    const waiter_id id{++last_waiter_};
    auto part = flights_->join(id, what, waiter.key, asked.to->source().context().deadline);
    if (!part) {
      asked.to->fail(std::move(part.error()));
      break; // what has joined leaves with the call
    }
    waiters_.emplace(id, waiter);
    if (*part == single_flight_core::part::leads)
      (std::holds_alternative<look_in_store>(answer) && setup_.store ? to_look_up : to_compute).push_back(id);
  }
  look_up(std::move(to_look_up));
  compute(std::move(to_compute));
  arm_timer();
}

void cache_shard_state::look_up(std::vector<waiter_id> leaders) {
  if (leaders.empty())
    return;
  auto lookup = std::make_shared<store_lookup>();
  for (auto id : leaders)
    lookup->keys.push_back(waiters_.at(id).key);
  lookup->leaders = std::move(leaders);
  setup_.store->get(lookup->keys, [lookup, hdl = cache_shard_actor{self_}](auto answer) {
    lookup->answer = std::move(answer);
    borrowed_turns::send_along(hdl, store_lookup_ptr{lookup});
  });
}

void cache_shard_state::looked_up(const store_lookup& lookup) {
  if (lookup.at_peer) {
    compute(repair(lookup));
    return arm_timer();
  }
  const auto& answer = *lookup.answer;
  std::vector<waiter_id> missing;
  deliveries found;
  for (size_t i = 0; i < lookup.leaders.size(); ++i) {
    const auto id = lookup.leaders[i];
    const auto waiter = waiters_.find(id);
    if (waiter == waiters_.end())
      continue; // gone meanwhile; whoever leads now computes
    const auto what = identity_of(waiter->second);
    if (!answer) {
      cache_->store_failed();
      missing.push_back(id);
      continue;
    }
    auto resumed = cache_->resume(what, lookup.keys[i], (*answer)[i], now());
    if (auto* hit = std::get_if<cache_hit>(&resumed))
      this->answer(what, lookup.keys[i], hit->value, id, source::store);
    else
      missing.push_back(id);
  }
  if (repairs_.asks() && !owners_.empty())
    ask_other_owner(std::move(missing));
  else
    compute(std::move(missing));
  write_behind();
  arm_timer();
}

void cache_shard_state::compute(std::vector<waiter_id> leaders, const std::optional<failure>& refused_here) {
  if (leaders.empty())
    return;
  const auto to = waiters_.at(leaders.front()).to;
  job next;
  embed_request request{.model = to->kind()->parts().model, .texts = {}, .options = resolved_options(*to)};
  for (auto id : leaders) {
    const auto& waiter = waiters_.at(id);
    next.what.push_back(identity_of(waiter));
    next.keys.push_back(waiter.key);
    request.texts.push_back(next.what.back().text);
  }
  const auto number = ++last_job_;
  auto call = std::make_shared<shard_call>(to->source().context(), std::move(request), to->kind(),
                                           cache_shard_actor{self_}, number, refused_here);
  next.call = call;
  next.elsewhere = refused_here.has_value();
  next.leaders = std::move(leaders);
  jobs_.emplace(number, std::move(next));
  self_->send(wiring_->router, compute_atom_v, std::move(call));
}

void cache_shard_state::computed(uint64_t number, result<embed_result>& outcome) {
  auto node = jobs_.extract(number);
  if (node.empty())
    return;
  auto& done = node.mapped();
  const auto& parts = done.what.front().kind->parts();
  if (!outcome) {
    end_failed(done, outcome.error());
  } else if (!made_as(*outcome, parts)) {
    end_failed(done, {errc::model_loading, "the model has changed while the text was computed"});
  } else {
    const auto leader = std::ranges::find_if(done.leaders, [&](waiter_id id) { return waiters_.contains(id); });
    if (leader != done.leaders.end())
      waiters_.at(*leader).to->add(outcome->usage, outcome->times);
    const auto cost = (outcome->times.infer + outcome->times.tokenize) / static_cast<int64_t>(done.leaders.size());
    computed_items_ += done.leaders.size();
    for (size_t i = 0; i < done.leaders.size(); ++i) {
      const cached_value value{std::make_shared<const embedding>(std::move(outcome->items[i])), cost};
      cache_->put(done.what[i], done.keys[i], value, now());
      answer(done.what[i], done.keys[i], value, done.leaders[i], source::computed);
    }
  }
  write_behind();
  arm_timer();
}

void cache_shard_state::answer(const identity& what, const cache_key& key, const cached_value& value, waiter_id leader,
                               source from) {
  deliveries out;
  for (auto id : flights_->completed(what, key)) {
    auto waiter = waiters_.extract(id);
    WEFT_ASSERT(!waiter.empty());
    out.add(waiter.mapped().to, {waiter.mapped().index, value.as_embedding(), id == leader ? from : source::shared});
  }
}

void cache_shard_state::end_failed(const job& failed, const failure& reason) {
  if (!compute_elsewhere(failed, reason))
    fail_job(failed, reason);
}

bool cache_shard_state::compute_elsewhere(const job& failed, const failure& reason) {
  if (failed.elsewhere || !cluster_ || cluster_->members.size() < 2 || !lies_in_this_node(reason.code))
    return false;
  // Leaders of one gather each: those who took a computation over may be of others.
  std::vector<std::vector<waiter_id>> groups;
  for (auto id : failed.leaders) {
    const auto waiter = waiters_.find(id);
    if (waiter == waiters_.end())
      continue; // gone; who follows it has taken over already
    const auto group =
        std::ranges::find_if(groups, [&](const auto& it) { return waiters_.at(it.front()).to == waiter->second.to; });
    if (group == groups.end())
      groups.push_back({id});
    else
      group->push_back(id);
  }
  for (auto& group : groups)
    compute(std::move(group), reason);
  return true;
}

void cache_shard_state::fail_job(const job& failed, const failure& reason) {
  // The pool fails a call for one bad text; the others of it are as good as before for whoever else waits for them.
  const auto named = item_of(reason);
  if (named && *named < failed.leaders.size())
    fail_leader(failed, *named, reason);
  const failure other{errc::unavailable, "the text was computed together with one that failed"};
  for (size_t i = 0; i < failed.leaders.size(); ++i)
    if (!named)
      fail_leader(failed, i, reason);
    else if (*named != i)
      fail_leader(failed, i, other);
}

void cache_shard_state::fail_leader(const job& failed, size_t at, const failure& reason) {
  const auto id = failed.leaders[at];
  if (!waiters_.contains(id))
    return;
  if (reason.code == errc::deadline_exceeded) {
    if (waiters_.at(id).to->source().context().deadline <= now() + deadline_rounding) {
      waiters_.extract(id).mapped().to->fail(reason); // its own: nothing against those who wait with it
      return take_over(flights_->cancelled(id));
    }
    if (failed.adopted)
      return compute({id}); // the deadline was that of who has gone
  }
  if (reason.code == errc::cancelled) {
    waiters_.erase(id);
    return take_over(flights_->cancelled(id));
  }
  const auto attempt = flights_->failed(id, failed.what[at], failed.keys[at], reason.code);
  for (auto one : attempt.answer)
    if (auto waiter = waiters_.extract(one); !waiter.empty())
      waiter.mapped().to->fail(rename_item(reason, waiter.mapped().index));
  take_over(attempt.next);
}

void cache_shard_state::take_over(const std::optional<single_flight_core::handover>& next) {
  if (next && waiters_.contains(next->leader)) // else it leaves in a moment itself, and hands over again
    compute({next->leader});
}

void cache_shard_state::take_over(const std::vector<single_flight_core::handover>& next) {
  for (const auto& one : next)
    take_over(std::optional{one});
}

void cache_shard_state::fail(const std::vector<waiter_id>& waiters, const failure& reason) {
  for (auto id : waiters)
    if (auto waiter = waiters_.extract(id); !waiter.empty())
      waiter.mapped().to->fail(reason);
}

void cache_shard_state::let_go_of_abandoned() {
  std::vector<waiter_id> gone;
  for (const auto& [id, waiter] : waiters_)
    if (waiter.to->source().ended())
      gone.push_back(id);
  std::ranges::sort(gone); // the order of a hash table is nobody's turn
  for (auto id : gone)
    waiters_.erase(id);
  if (!gone.empty())
    hand_over(gone);
}

void cache_shard_state::hand_over(const std::vector<waiter_id>& gone) {
  std::unordered_map<waiter_id, std::pair<job*, size_t>> led;
  for (auto& [number, under_way] : jobs_)
    for (size_t i = 0; i < under_way.leaders.size(); ++i)
      if (std::ranges::binary_search(gone, under_way.leaders[i]))
        led.emplace(under_way.leaders[i], std::pair{&under_way, i});
  for (auto id : gone) {
    const auto next = flights_->cancelled(id);
    const auto found = led.find(id);
    if (!next || found == led.end()) {
      take_over(next);
      continue;
    }
    // Who waited for the same text takes the computation over as it is, wherever that is done.
    auto [under_way, at] = found->second;
    under_way->leaders[at] = next->leader;
    under_way->adopted = true;
    led.emplace(next->leader, found->second);
  }
  for (auto& [number, under_way] : jobs_)
    if (std::ranges::none_of(under_way.leaders, [&](waiter_id id) { return waiters_.contains(id); }))
      if (auto call = under_way.call.lock())
        call->cancel();
}

void cache_shard_state::write_behind() {
  if (!setup_.store || writing_ || !cache_->has_writes() || now() < write_again_)
    return;
  auto entries = cache_->take_writes(write_bytes_a_batch, now());
  if (entries.empty())
    return;
  writing_ = true;
  copy(entries);
  setup_.store->put(std::move(entries), [hdl = cache_shard_actor{self_}](status outcome) {
    borrowed_turns::send_along(hdl, written_atom_v, std::make_shared<const status>(std::move(outcome)));
  });
}

void cache_shard_state::written(const status& outcome) {
  writing_ = false;
  if (!outcome)
    write_again_ = now() + tidy_period; // what was in the batch stays in memory only
  write_behind();
}

void cache_shard_state::tick() {
  if (now() >= armed_)
    armed_ = time_point::max();
  auto due = flights_->tick(now());
  fail(due.answer, {errc::deadline_exceeded, "the deadline passed before the text was computed"});
  take_over(due.next);
  let_go_of_abandoned();
  cache_->tick(now());
  if (setup_.store)
    repairs_.store_damaged(setup_.store->counters().damaged_stores);
  write_behind();
  fetch_ahead();
  if (now() >= hot_keys_due_)
    keep_hot_keys();
  arm_timer();
}

void cache_shard_state::stop() {
  keep_hot_keys();
  fail(flights_->take_all(), {errc::draining, "the node is stopping"});
  self_->quit();
}

void cache_shard_state::arm_timer() {
  auto wake = waiters_.empty() ? now() + tidy_period : std::min(now() + sweep_period, flights_->next_deadline());
  wake = std::min(wake, std::max(ahead_.next(), now()));
  if (wake >= armed_)
    return;
  armed_ = wake;
  self_->delayed_send(self_, std::max(wake - now(), duration::zero()), tick_atom_v);
}

cache_status cache_shard_state::report() const {
  const auto counters = cache_->counters();
  const auto level = [&](cache_level which) {
    const auto& from = counters[which];
    return cache_level_status{.hits = from.hits,
                              .misses = from.misses,
                              .evictions = from.evictions,
                              .entries = from.entries,
                              .bytes = from.bytes,
                              .bytes_max = from.bytes_max};
  };
  cache_status out{.memory = level(cache_level::l1), .packed = level(cache_level::l2), .store = level(cache_level::l3)};
  if (setup_.store) {
    const auto stored = setup_.store->counters();
    out.store.bytes = stored.bytes;
    out.store.evictions = stored.evicted;
    out.store_accepts_writes = stored.accepts_writes;
  }
  out.care = {.preloaded = counters.preloaded,
              .preloaded_used = counters.preloaded_used,
              .preloaded_unused = counters.preloaded_unused,
              .replicas_kept = replicas_kept_,
              .repairs_asked = repairs_.asked(),
              .repairs_found = repairs_.found()};
  out.computed = computed_items_;
  out.shared = flights_->followed();
  out.generation = cache_->generation();
  return out;
}

cache_shard_actor::behavior_type cache_shard(cache_shard_state::self_pointer self, const cache_shard_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](const shard_ask_ptr& asked) { state.ask(*asked); },
      [&state](const keep_ask_ptr& asked) { state.keep(asked); },
      [&state](const find_ask_ptr& asked) { state.find(asked); },
      [&state](const store_find_ptr& find) { state.found(*find); },
      [&state](const hot_ask_ptr& asked) { state.hottest(asked); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [&state](const hot_keys_ptr& list) {
        if (*list)
          state.preload(**list);
      },
      [&state](const fetched_batch_ptr& batch) { state.preloaded(*batch); },
      [&state](const store_lookup_ptr& lookup) { state.looked_up(*lookup); },
      [&state](computed_atom, uint64_t number, const embed_outcome_ptr& outcome) { state.computed(number, *outcome); },
      [&state](written_atom, const written_ptr& outcome) { state.written(*outcome); },
      [&state](status_atom) { return std::make_shared<const cache_status>(state.report()); },
      [&state](stop_atom) { state.stop(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
