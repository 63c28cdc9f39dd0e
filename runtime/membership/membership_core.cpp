#include "runtime/membership/membership_core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

constexpr size_t corrections_max = 4; // a few: they come with last calls and probes of suspects

member_record first_record(const member_identity& self) {
  WEFT_ASSERT(self.profile != nullptr);
  WEFT_ASSERT(self.node != node_id{});
  member_record record;
  record.node = self.node;
  record.epoch = self.epoch;
  record.profile = self.profile;
  return record;
}

} // namespace

membership_core::membership_core(membership_options options, member_identity self, uint64_t seed)
    : options_(std::move(options)), mark_(cluster_mark(options_.cluster_id)), random_(seed),
      view_(options_, first_record(self), random_.next()), awareness_(options_.local_health_max),
      identities_(options_.probe_interval, options_.identity_patience), relays_(options_.relays_max) {}

void membership_core::receive(peer_message message, std::string_view from, time_point now, effect_list& out) {
  observe(now);
  bool introduces =
      std::holds_alternative<sync_request>(message.body) || std::holds_alternative<sync_reply>(message.body);
  // A namesake of another epoch came by our data folder: one of us is told so. Anything else is our own echo.
  bool namesake = message.sender == self().node;
  if (namesake && (message.sender_epoch == self().epoch || !introduces))
    return;
  if (life_ == life::made || life_ == life::left || superseded_)
    return;
  if (message.cluster != mark_ && !introduces) { // an introduction of a stranger gets an answer with the reason
    ++counters_.foreign;
    return;
  }
  ++counters_.received[message.body.index()];
  auto place = members().find(message.sender);
  if (place != member_table::none && members().at(place).record.epoch == message.sender_epoch) {
    view_.heard_load(place, message.sender_load, out);
    identities_.answered(message.sender, message.sender_epoch);
  }
  corrections_.clear();
  if (!message.news.empty() && !namesake)
    hear(std::move(message.news), now, out);
  std::visit([&](const auto& body) { handle(body, message, from, now, out); }, message.body);
  finish(now);
}

void membership_core::handle(const gossip&, const peer_message&, std::string_view, time_point, effect_list&) {}

void membership_core::tick(time_point now, effect_list& out) {
  observe(now);
  if (life_ == life::made || life_ == life::left || superseded_)
    return;
  last_calls(now, out);
  view_.tick(now, out);
  relays_.tick(now, [&](const relay& item) { send_nack(item, false, out); });
  if (life_ == life::member) {
    if (probe_.helpers_at() <= now)
      ask_helpers(now, out);
    if (probe_at_ <= now) {
      end_probe(now, out);
      begin_probe(now, out);
    }
    if (sync_at_ <= now) {
      sync_at_ = now + paced(options_.sync_interval, sync_stretch(members().counts().live()));
      if (auto place = members().random_live(random_, self().node); place != member_table::none)
        sync_with(members().at(place).record.node, members().at(place).record.profile->peer_address, out);
    }
    try_seeds(now, out);
    try_lost(now, out);
    check_identities(now, out);
    if (load_ != self().load && load_at_ <= now) {
      auto record = self();
      record.load = load_;
      publish(std::move(record), false, now);
    }
    remember(now, out);
  }
  gossip_round(now, out);
  if (life_ == life::leaving && (leave_until_ <= now || view_.queue().empty()))
    end_leaving(out);
  finish(now);
}

void membership_core::set_local(local_state state, time_point now, effect_list&) {
  observe(now);
  load_ = state.load;
  auto record = self();
  bool changed = record.phase != state.phase || record.health != state.health;
  record.phase = state.phase;
  record.health = state.health;
  if (changed && life_ != life::leaving && life_ != life::left) {
    record.load = load_;
    publish(std::move(record), true, now);
  }
  finish(now);
}

void membership_core::set_profile(profile_ptr profile, time_point now, effect_list&) {
  WEFT_ASSERT(profile != nullptr);
  WEFT_ASSERT(profile->peer_address == self().profile->peer_address);
  observe(now);
  auto record = self();
  record.profile = std::move(profile);
  record.profile_version = record.incarnation + 1;
  if (life_ != life::leaving && life_ != life::left)
    publish(std::move(record), true, now);
  finish(now);
}

void membership_core::leave(time_point now, effect_list& out) {
  observe(now);
  if (life_ == life::leaving || life_ == life::left)
    return;
  bool alone = members().counts().live() < 2;
  life_ = life::leaving;
  leave_until_ = now + options_.leave_time_max;
  probe_.close();
  auto record = self();
  record.state = member_state::left;
  publish(std::move(record), true, now);
  if (alone)
    end_leaving(out);
  finish(now);
}

void membership_core::end_leaving(effect_list& out) {
  life_ = life::left;
  out.emplace_back(member_event{member_change::left, self()});
}

void membership_core::hear(std::vector<member_update> news, time_point now, effect_list& out) {
  for (auto& update : news) {
    if (const auto* newer = view_.correction(update.record); newer != nullptr && corrections_.size() < corrections_max)
      corrections_.push_back(*newer);
    if (update.record.node == self().node)
      hear_of_self(update, out, now);
    else
      view_.apply(std::move(update), claim_origin::gossip, now, out);
  }
}

void membership_core::hear_of_self(const member_update& update, effect_list& out, time_point now) {
  const auto& claim = update.record;
  auto record = self();
  if (claim.epoch > record.epoch && !superseded_) {
    superseded_ = true;
    out.emplace_back(superseded{claim.epoch});
    return;
  }
  bool newer = claim.incarnation > record.incarnation;
  bool accused = claim.incarnation == record.incarnation && claim.state > record.state;
  if (claim.epoch != record.epoch || (!newer && !accused))
    return;
  ++counters_.refutations;
  // They had to wait for us: we may be the slow one.
  if (accused)
    awareness_.add(1);
  record.incarnation = std::max(claim.incarnation, record.incarnation);
  publish(std::move(record), true, now);
}

void membership_core::publish(member_record record, bool urgent, time_point now) {
  if (record.load != self().load)
    load_at_ = now + paced(options_.load_interval_min, members().counts().live() / 32.0);
  ++record.incarnation;
  // The first word and a new profile need the profile; otherwise all have it.
  bool brief = record.profile == self().profile && life_ != life::made;
  auto claim = record;
  if (brief)
    claim.profile = nullptr;
  view_.set_self(std::move(claim), urgent, now);
}

void membership_core::observe(time_point now) {
  if (next_wake_ == time_point::max() || now - next_wake_ <= options_.stall_threshold)
    return;
  // We slept while the world went on. Nobody failed us in that time: forget the probe, give the suspects as long again,
  // and read what came before judging anyone.
  auto late = now - next_wake_ + options_.stall_grace;
  ++counters_.stalls;
  awareness_.add(1);
  probe_.close();
  probe_at_ = std::max(probe_at_, now + options_.stall_grace);
  relays_.clear();
  view_.postpone(late);
  identities_.postpone(late);
  // Counted once: what was due is due now, also where this input is dropped before finish().
  next_wake_ = now;
}

void membership_core::finish(time_point now) {
  if (life_ == life::left || superseded_) {
    next_wake_ = time_point::max();
    return;
  }
  auto next = std::min(view_.next(), relays_.next());
  const auto& queue = view_.queue();
  if (!queue.empty()) {
    auto& at = queue.urgent() ? gossip_at_ : lazy_at_;
    auto interval = queue.urgent() ? options_.gossip_interval : options_.lazy_interval;
    if (at < now)
      at = now + random_.within(duration{interval});
    next = std::min(next, at);
  }
  if (life_ == life::member) {
    next = std::min({next, probe_at_, probe_.helpers_at(), sync_at_, seeds_.next(), identities_.next()});
    if (view_.ended().dead() > 0) {
      if (lost_at_ < now)
        plan_lost(now);
      next = std::min(next, lost_at_);
    }
    if (load_ != self().load)
      next = std::min(next, load_at_);
    if (remembered_ != members().live_digest())
      next = std::min(next, remember_at_);
  } else if (life_ == life::leaving) {
    next = std::min(next, leave_until_);
  }
  next_wake_ = std::max(next, now); // what was due before is due now: only a late tick is a stall
}

peer_message& membership_core::send(node_id node, std::string address, message_body body, uint32_t news_max,
                                    effect_list& out) {
  ++counters_.sent[body.index()];
  peer_message message;
  message.cluster = mark_;
  message.sender = self().node;
  message.sender_epoch = self().epoch;
  message.sender_load = load_;
  message.sender_digest = view_.queue().empty() ? members().live_digest() : 0;
  message.body = std::move(body);
  if (news_max > 0 && !view_.queue().empty())
    view_.queue().take(news_max, view_.sends(), message.news);
  out.emplace_back(send_message{node, std::move(address), std::move(message)});
  return std::get<send_message>(out.back()).message;
}

std::string membership_core::address_of(node_id node, std::string_view otherwise) const {
  const auto* known = members().get(node);
  return known == nullptr ? std::string{otherwise} : known->record.profile->peer_address;
}

duration membership_core::paced(std::chrono::milliseconds interval, double scale) const {
  return duration{static_cast<duration::rep>(static_cast<double>(duration{interval}.count()) * std::max(1.0, scale))};
}

} // namespace weft
