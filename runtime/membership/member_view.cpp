#include "runtime/membership/member_view.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {

member_view::member_view(const membership_options& options, member_record self, uint64_t seed)
    : options_(options), random_(seed), self_place_(0), suspicions_(options.last_call),
      tombstones_(options.tombstone_life), schedule_(self.node) {
  self_place_ = table_.add(std::move(self), time_point{});
}

void member_view::apply(member_update update, claim_origin origin, time_point now, effect_list& out) {
  auto& claim = update.record;
  WEFT_ASSERT(claim.node != self().node);
  auto place = table_.find(claim.node);
  if (place == member_table::none)
    return meet(std::move(update), origin, now, out);
  const auto& known = table_.at(place).record;
  if ((claim.state == member_state::suspect || claim.state == member_state::dead) && !credible(update.accuser))
    return;
  // A memory of death may be old: who is alive gets the chance to say so.
  if (origin != claim_origin::gossip && claim.state == member_state::dead && weft::is_live(known.state) &&
      claim.epoch == known.epoch)
    claim.state = member_state::suspect;
  if (!supersedes(claim, known)) {
    bool confirms = claim.state == member_state::suspect && known.state == member_state::suspect &&
                    claim.epoch == known.epoch && claim.incarnation == known.incarnation;
    if (confirms && update.accuser != node_id{} && suspicions_.confirm(claim.node, update.accuser))
      pass_on(place, update.accuser, false);
    else if (claim.profile && claim.epoch == known.epoch && claim.profile_version > known.profile_version)
      take_profile(place, claim, now, out);
    return;
  }
  // Nobody can reach a process whose addresses are unknown; a sync brings them.
  if (!claim.profile && claim.epoch != known.epoch)
    return;
  switch (claim.state) {
  case member_state::alive:
    return take_alive(place, std::move(update), origin, now, out);
  case member_state::suspect:
    return take_suspect(place, std::move(update), now, out);
  case member_state::dead:
  case member_state::left:
    return take_end(place, std::move(update), now, out);
  }
}

void member_view::meet(member_update update, claim_origin origin, time_point now, effect_list& out) {
  auto& claim = update.record;
  // A tombstone is worth nothing to who never knew the member, and two who tell each other would keep it for ever.
  if (!weft::is_live(claim.state) || !claim.profile)
    return;
  if (!make_room()) {
    ++dropped_;
    return;
  }
  bool suspected = claim.state == member_state::suspect;
  auto accused = update;
  claim.state = member_state::alive;
  auto place = table_.add(std::move(claim), now);
  schedule_.came(table_.at(place).record.node);
  emit(member_change::joined, place, out);
  if (origin != claim_origin::first)
    pass_on(place, node_id{}, true);
  if (suspected && credible(accused.accuser))
    take_suspect(place, std::move(accused), now, out);
}

void member_view::take_alive(uint32_t place, member_update update, claim_origin origin, time_point now,
                             effect_list& out) {
  auto known = table_.at(place).record;
  auto& claim = update.record;
  bool same_process = claim.epoch == known.epoch;
  if (known.state == member_state::suspect) {
    suspicions_.end(known.node);
    suspicion_counts_.refuted += same_process;
  }
  if (!weft::is_live(known.state)) {
    tombstones_.remove(known.node);
    schedule_.came(known.node);
  } else if (!same_process) {
    known.state = member_state::dead; // so that nobody waits for the old process's answers
    out.emplace_back(member_event{member_change::died, known});
  }
  bool new_profile = claim.profile && !(same_process && claim.profile_version == known.profile_version);
  bool only_load = same_process && known.state == member_state::alive && !new_profile && claim.phase == known.phase &&
                   claim.health == known.health;
  bool no_event = only_load && claim.load == known.load;
  table_.update(place, std::move(claim), now);
  if (!weft::is_live(known.state) || !same_process)
    emit(member_change::joined, place, out);
  else if (!no_event)
    emit(member_change::changed, place, out);
  limit_confirmations();
  if (origin != claim_origin::first)
    pass_on(place, node_id{}, new_profile, !only_load || no_event);
}

void member_view::take_profile(uint32_t place, const member_record& claim, time_point now, effect_list& out) {
  auto record = table_.at(place).record;
  record.profile = claim.profile;
  record.profile_version = claim.profile_version;
  table_.update(place, std::move(record), now);
  emit(member_change::changed, place, out);
}

void member_view::take_suspect(uint32_t place, member_update update, time_point now, effect_list& out) {
  auto node = update.record.node;
  auto accuser = update.accuser;
  bool had_suspicion = table_.at(place).record.state == member_state::suspect;
  bool was_live = weft::is_live(table_.at(place).record.state);
  if (had_suspicion) // of an older incarnation
    suspicions_.end(node);
  if (!was_live) { // dead in an older incarnation or epoch
    tombstones_.remove(node);
    schedule_.came(node);
  }
  table_.update(place, std::move(update.record), now);
  emit(was_live ? member_change::changed : member_change::joined, place, out);
  auto least = suspicion_min(options_, table_.counts().live());
  auto expected = std::min({options_.confirmations, suspicion::accusers_max - 1, confirmers()});
  ++suspicion_counts_.begun;
  suspicions_.start(node, suspicion{accuser, least, least * options_.suspicion_stretch, expected, now});
  limit_confirmations();
  pass_on(place, accuser, false);
  if (accuser != self().node && random_.below(std::max(table_.counts().live(), 1u)) < options_.witnesses)
    schedule_.put_first(node);
}

void member_view::take_end(uint32_t place, member_update update, time_point now, effect_list& out) {
  const auto& known = table_.at(place).record;
  auto node = known.node;
  bool was_live = weft::is_live(known.state);
  if (known.state == member_state::suspect)
    suspicions_.end(node);
  if (was_live)
    schedule_.went(node);
  else
    tombstones_.remove(node);
  bool left = update.record.state == member_state::left;
  table_.update(place, std::move(update.record), now);
  tombstones_.add(node, left, now);
  limit_confirmations();
  if (was_live)
    emit(left ? member_change::left : member_change::died, place, out);
  // Who passes a death on vouches for it: the first accuser may be dead itself when the last one hears of it.
  pass_on(place, left ? node_id{} : self().node, false);
}

void member_view::set_self(member_record self, bool urgent, time_point now) {
  bool with_profile = self.profile != nullptr;
  table_.update(self_place_, std::move(self), now);
  pass_on(self_place_, node_id{}, with_profile, urgent);
}

void member_view::accuse(node_id node, time_point now, effect_list& out) {
  const auto* known = table_.get(node);
  if (known == nullptr || !weft::is_live(known->record.state))
    return;
  auto claim = known->record;
  claim.state = member_state::suspect;
  claim.profile = nullptr;
  apply({std::move(claim), self().node}, claim_origin::gossip, now, out);
}

void member_view::declare_dead(node_id node, time_point now, effect_list& out) {
  auto place = table_.find(node);
  if (place == member_table::none || !weft::is_live(table_.at(place).record.state))
    return;
  auto claim = table_.at(place).record;
  claim.state = member_state::dead;
  claim.profile = nullptr;
  take_end(place, {std::move(claim), self().node}, now, out);
}

const member_record* member_view::take_last_call(time_point now) {
  auto node = suspicions_.take_last_call(now);
  return node == node_id{} ? nullptr : &table_.get(node)->record;
}

const member_record* member_view::correction(const member_record& claim) const {
  const auto* known = table_.get(claim.node);
  bool stale = is_accusation(claim.state) && known != nullptr && known->record.state == member_state::alive &&
               supersedes(known->record, claim);
  return stale ? &known->record : nullptr;
}

void member_view::tick(time_point now, effect_list& out) {
  for (auto node = suspicions_.take_expired(now); node != node_id{}; node = suspicions_.take_expired(now)) {
    declare_dead(node, now, out);
  }
  for (auto node = tombstones_.expired(now); node != node_id{}; node = tombstones_.expired(now)) {
    tombstones_.remove(node);
    table_.remove(table_.find(node));
  }
}

time_point member_view::next() const {
  return std::min(suspicions_.next(), tombstones_.next());
}

bool member_view::is_live(node_id node) const {
  const auto* known = table_.get(node);
  return known != nullptr && weft::is_live(known->record.state);
}

void member_view::heard_load(uint32_t place, uint8_t load, effect_list& out) {
  if (table_.at(place).record.load == load)
    return;
  table_.set_load(place, load);
  emit(member_change::changed, place, out);
}

const member_record* member_view::reproach(node_id node, boot_epoch epoch) const {
  const auto* known = table_.get(node);
  if (known == nullptr || known->record.epoch < epoch)
    return nullptr;
  if (known->record.epoch == epoch && known->record.state == member_state::alive)
    return nullptr;
  return &known->record;
}

uint32_t member_view::refusals_needed(node_id node) const {
  auto others = table_.counts()[member_state::alive];
  const auto* known = table_.get(node);
  if (known != nullptr && known->record.state == member_state::alive)
    --others;
  return std::clamp(others, 1u, options_.refusals);
}

uint32_t member_view::sends() const {
  auto members = static_cast<double>(std::max(table_.counts().live(), 1u));
  return std::min(static_cast<uint32_t>(std::ceil(std::log(members))) + options_.gossip_spare,
                  broadcast_queue::sends_max);
}

bool member_view::credible(node_id accuser) const {
  if (accuser == self().node)
    return true;
  // The dead and the leaving see failures everywhere: it is they who are going.
  const auto* known = table_.get(accuser);
  return known == nullptr || (weft::is_live(known->record.state) && known->record.phase != member_phase::draining);
}

uint32_t member_view::confirmers() const {
  auto able = table_.counts()[member_state::alive] - table_.counts().draining; // the accuser is one of them
  return able > 0 ? able - 1 : 0;
}

void member_view::limit_confirmations() {
  if (suspicions_.size() > 0 && confirmers() < options_.confirmations)
    suspicions_.expect_at_most(confirmers());
}

bool member_view::make_room() {
  if (table_.size() < options_.members_max)
    return true;
  auto oldest = tombstones_.expired(time_point::max());
  if (oldest == node_id{})
    return false;
  tombstones_.remove(oldest);
  table_.remove(table_.find(oldest));
  return true;
}

void member_view::emit(member_change change, uint32_t place, effect_list& out) const {
  out.emplace_back(member_event{change, table_.at(place).record});
}

void member_view::pass_on(uint32_t place, node_id accuser, bool with_profile, bool urgent) {
  auto record = table_.at(place).record;
  if (!with_profile)
    record.profile = nullptr;
  queue_.push({std::move(record), accuser}, urgent);
}

} // namespace weft
