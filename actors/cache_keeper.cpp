#include "actors/cache_keeper.hpp"

#include "actors/borrowed_turns.hpp"
#include "actors/collector.hpp"
#include "actors/owners.hpp"
#include "actors/parent.hpp"

#include <algorithm>
#include <utility>

namespace weft {

void cache_keeper_state::start(const cache_options& options) {
  options_ = options;
  copies_.emplace(options.replica);
}

void cache_keeper_state::wire(const wiring_ptr& wiring) {
  if (!wiring_)
    end_with(self_, wiring->supervisor);
  wiring_ = wiring;
}

void cache_keeper_state::hear(const cluster_view_ptr& cluster) {
  const bool same = cluster_ && same_owners(*cluster_, *cluster);
  const bool owned = owners_.contains(cluster->self);
  cluster_ = cluster;
  if (same || !options_.link)
    return;
  owners_ = owners_in(*cluster);
  place(copies_->take_back());
  send_parcels();
  if (!owned && owners_.contains(cluster->self))
    begin_to_fetch_ahead();
}

void cache_keeper_state::copy(const std::vector<stored_entry>& entries) {
  place(entries);
  send_parcels();
}

void cache_keeper_state::place(std::vector<stored_entry> entries) {
  if (owners_.empty())
    return;
  for (auto& entry : entries)
    if (const auto* to = other_owner(*cluster_, owners_, entry.key))
      copies_->add(to->node, std::move(entry));
}

void cache_keeper_state::send_parcels() {
  if (!cluster_ || !options_.link)
    return;
  for (auto& parcel : copies_->take(now())) {
    const auto* to = find_member(*cluster_, parcel.to);
    const auto tell = [number = parcel.number, hdl = cache_keeper_actor{self_}](status outcome) {
      borrowed_turns::send_along(hdl, sent_atom_v, number, std::make_shared<const status>(std::move(outcome)));
    };
    if (to)
      options_.link->give(*to, {.entries = std::move(parcel.entries), .uses = {}}, tell);
    else
      tell(failure{errc::invalid_argument, "the owner is no member any more"});
  }
  arm_timer();
}

void cache_keeper_state::sent(uint64_t number, const status& outcome) {
  copies_->ended(number, outcome ? errc::none : outcome.error().code, now());
  send_parcels();
}

void cache_keeper_state::keep_here(keep_entries what, std::function<void(status)> done) {
  const auto& shards = wiring_->shards;
  std::vector<keep_entries> parts(shards.size());
  auto& [entries, uses] = what.parcel;
  for (size_t i = 0; i < entries.size(); ++i) {
    auto& part = parts[shard_of(entries[i].key, shards.size())].parcel;
    part.entries.push_back(std::move(entries[i]));
    if (!uses.empty())
      part.uses.push_back(uses[i]);
  }
  auto all = std::make_shared<collector<std::monostate>>(
      shards.size(), [done = std::move(done)](auto outcome) { done(outcome ? ok : status{outcome.error()}); });
  for (size_t i = 0; i < shards.size(); ++i) {
    if (parts[i].parcel.entries.empty()) {
      all->set(i, std::monostate{});
      continue;
    }
    parts[i].copy_on = what.copy_on;
    self_->send(shards[i], std::make_shared<keep_ask>(std::move(parts[i]), [all, i](auto one) { all->set(i, one); }));
  }
}

void cache_keeper_state::find_here(std::vector<cache_key> keys, std::function<void(result<found_entries>)> done) {
  const auto& shards = wiring_->shards;
  std::vector<std::vector<cache_key>> parts(shards.size());
  std::vector<std::pair<size_t, size_t>> places; // [keys]: shard, and where in its part
  for (const auto& key : keys) {
    auto& part = parts[shard_of(key, shards.size())];
    places.emplace_back(shard_of(key, shards.size()), part.size());
    part.push_back(key);
  }
  auto all = std::make_shared<collector<found_entries>>(
      shards.size(), [places = std::move(places), done = std::move(done)](auto found) {
        if (!found)
          return done(found.error());
        found_entries out;
        for (const auto& [shard, at] : places)
          out.push_back(std::move((*found)[shard][at]));
        done(std::move(out));
      });
  for (size_t i = 0; i < shards.size(); ++i)
    if (parts[i].empty())
      all->set(i, found_entries{});
    else
      self_->send(shards[i],
                  std::make_shared<find_ask>(std::move(parts[i]), [all, i](auto one) { all->set(i, std::move(one)); }));
}

void cache_keeper_state::hottest_here(hot_limits limits, std::function<void(result<std::vector<hot_key>>)> done) {
  const auto& shards = wiring_->shards;
  limits.bytes_max /= std::max<size_t>(shards.size(), 1);
  auto all = std::make_shared<collector<std::vector<hot_key>>>(
      shards.size(), [most = limits.keys_max, done = std::move(done)](auto parts) {
        if (!parts)
          return done(parts.error());
        std::vector<hot_key> out;
        for (const auto& part : *parts)
          out.insert(out.end(), part.begin(), part.end());
        std::ranges::stable_sort(out, std::greater{}, &hot_key::uses);
        out.resize(std::min<size_t>(out.size(), most));
        done(std::move(out));
      });
  for (size_t i = 0; i < shards.size(); ++i)
    self_->send(shards[i], std::make_shared<hot_ask>(limits, [all, i](auto one) { all->set(i, std::move(one)); }));
}

void cache_keeper_state::keep(const keep_ask_ptr& asked) {
  keep_here(asked->question, [asked](status outcome) { asked->answer(std::move(outcome)); });
}

void cache_keeper_state::find(const find_ask_ptr& asked) {
  find_here(asked->question, [asked](auto found) { asked->answer(std::move(found)); });
}

void cache_keeper_state::hottest(const hot_ask_ptr& asked) {
  auto limits = asked->question;
  limits.keys_max = std::min(limits.keys_max, options_.preload.keys_max);
  hottest_here(limits, [asked](auto hot) { asked->answer(std::move(hot)); });
}

void cache_keeper_state::tick() {
  if (now() >= armed_)
    armed_ = time_point::max();
  send_parcels();
  fetch_ahead();
  hand_over_next();
  arm_timer();
}

void cache_keeper_state::arm_timer() {
  auto wake = copies_->next(now());
  for (const auto& [from, plan] : ahead_)
    wake = std::min(wake, plan.next());
  if (leaving_)
    wake = std::min({wake, leaving_->plan.next(), leaving_->until});
  if (wake >= armed_)
    return;
  armed_ = wake;
  self_->delayed_send(self_, std::max(wake - now(), duration::zero()), tick_atom_v);
}

cache_status cache_keeper_state::report() const {
  const auto copies = copies_->counters();
  cache_status out;
  out.care = {.replicas_sent = copies.sent,
              .replicas_dropped = copies.dropped,
              .replicas_waiting = copies.waiting,
              .handed_over = handed_over_};
  return out;
}

cache_keeper_actor::behavior_type cache_keeper(cache_keeper_state::self_pointer self, const cache_options& options) {
  auto& state = self->state;
  state.start(options);
  name_exceptions(self);
  return {
      [&state](const entries_ptr& entries) { state.copy(*entries); },
      [&state](const keep_ask_ptr& asked) { state.keep(asked); },
      [&state](const find_ask_ptr& asked) { state.find(asked); },
      [&state](const hot_ask_ptr& asked) { state.hottest(asked); },
      [&state](const hand_over_ask_ptr& asked) { state.hand_over(asked); },
      [&state](sent_atom, uint64_t number, const written_ptr& outcome) { state.sent(number, *outcome); },
      [&state](hot_atom, uint64_t from, const hot_keys_ptr& hot) { state.heard_hot(node_id{from}, *hot); },
      [&state](peer_atom, uint64_t from, const fetched_batch_ptr& batch) { state.fetched(node_id{from}, *batch); },
      [&state](const hot_keys_ptr& hot) { state.hot_here(*hot); },
      [&state](const fetched_batch_ptr& batch) { state.found_here(*batch); },
      [&state](given_atom, uint64_t entries) { state.given(entries); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [&state](status_atom) { return std::make_shared<const cache_status>(state.report()); },
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
