// How membership_core joins, compares what it knows, reaches who is lost and passes news on.
#include "runtime/membership/membership_core.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {

double sync_stretch(uint32_t members) noexcept {
  return members <= 32 ? 1.0 : 1.0 + std::ceil(std::log2(members / 32.0));
}

void membership_core::join(const std::vector<std::string>& addresses, time_point now, effect_list& out) {
  if (life_ == life::leaving || life_ == life::left)
    return;
  seeds_.add(addresses, self().profile->peer_address, options_.addresses_max, now);
  if (life_ == life::made) {
    publish(self(), true, now);
    life_ = life::member;
    joined_ = seeds_.empty();
    probe_at_ = now + random_.within(duration{options_.probe_interval});
    sync_at_ = now + random_.within(duration{options_.sync_interval});
    remembered_ = members().live_digest();
  }
  try_seeds(now, out);
  finish(now);
}

void membership_core::try_seeds(time_point now, effect_list& out) {
  if (seeds_.next() > now)
    return;
  auto is_settled = [this](node_id node) { return view_.is_live(node); };
  for (auto& address : seeds_.take_due(options_.join_fanout, is_settled, random_, now)) {
    sync_request request{{options_.cluster_id, self().profile->protocol}, true, {self()}};
    send(node_id{}, std::move(address), std::move(request), 0, out);
  }
}

void membership_core::try_lost(time_point now, effect_list& out) {
  auto dead = view_.ended().dead();
  if (dead == 0 || lost_at_ > now)
    return;
  plan_lost(now);
  call_lost(members().get(view_.ended().random_dead(random_))->record, out);
}

void membership_core::call_lost(const member_record& lost, effect_list& out) {
  // Sequence 0 is no probe: nobody is accused when nothing comes back. That we think it dead goes with it.
  auto& message = send(lost.node, lost.profile->peer_address, ping{0, lost.node}, options_.probe_bytes_max, out);
  reproach(lost.node, lost.epoch, message);
}

void membership_core::compare_views(const peer_message& message, time_point now, effect_list& out) {
  if (message.sender_digest == 0 || !view_.queue().empty())
    return;
  mismatches_ = message.sender_digest == members().live_digest() ? 0 : mismatches_ + 1;
  if (mismatches_ >= options_.mismatches)
    repair_with(message.sender, now, out);
}

void membership_core::repair_with(node_id node, time_point now, effect_list& out) {
  auto address = address_of(node, {});
  if (address.empty() || repair_at_ > now)
    return;
  repair_at_ = now + options_.repair_interval;
  mismatches_ = 0;
  sync_with(node, address, out);
}

void membership_core::plan_lost(time_point now) {
  // The more we are for each of the dead, the less each of us has to try.
  auto pace = paced(options_.retry_interval, members().counts().live() / (8.0 * view_.ended().dead()));
  lost_at_ = now + pace / 2 + random_.within(pace);
}

void membership_core::sync_with(node_id node, const std::string& address, effect_list& out) {
  send(node, address, sync_request{{options_.cluster_id, self().profile->protocol}, false, all_records()}, 0, out);
}

std::vector<member_record> membership_core::all_records() const {
  std::vector<member_record> records;
  records.reserve(members().size());
  records.push_back(self());
  members().for_each([&](const member& item) {
    if (item.record.node != self().node)
      records.push_back(item.record);
  });
  return records;
}

std::optional<join_answer> membership_core::judge(const cluster_claim& claim, const member_record& sender,
                                                  time_point now) {
  auto answer = judge_claim({options_.cluster_id, self().profile->protocol}, claim);
  if (answer.verdict != join_verdict::accepted)
    return answer;
  if (sender.node == self().node)
    return refuse_identity(sender.node, self().profile->peer_address, sender.profile->peer_address);
  if (const auto* known = members().get(sender.node))
    return judge_identity(known->record, sender, now);
  return view_.full() ? refuse_full(options_.members_max) : join_answer{};
}

std::optional<join_answer> membership_core::judge_identity(const member_record& known, const member_record& sender,
                                                           time_point now) {
  const auto& address = known.profile->peer_address;
  // An older process is accepted: it learns from our answer that it was replaced.
  if (!is_live(known.state) || sender.epoch < known.epoch || address == sender.profile->peer_address)
    return join_answer{};
  // A restart elsewhere and a copied data folder look alike: the process that we know has to tell, by being there.
  auto found =
      sender.epoch == known.epoch ? identity_checks::finding::taken : identities_.claimed(known.node, known.epoch, now);
  if (found == identity_checks::finding::pending)
    return std::nullopt;
  if (found == identity_checks::finding::taken)
    return refuse_identity(sender.node, address, sender.profile->peer_address);
  if (probe_.target() == sender.node)
    probe_.close(); // its silence would be held against the new process
  return join_answer{};
}

void membership_core::check_identities(time_point now, effect_list& out) {
  identities_.tick(now, [&](node_id node, bool first) {
    const auto* known = members().get(node);
    if (known == nullptr || !is_live(known->record.state))
      return;
    const auto& address = known->record.profile->peer_address;
    if (first)
      out.emplace_back(look_at_connection{node, address});
    send(node, address, ping{++sequence_, node}, options_.probe_bytes_max, out);
  });
}

uint32_t membership_core::alone() const {
  bool in_vain = life_ == life::member && members().counts().live() < 2 && seeds_.silent(options_.alone_after);
  return in_vain ? static_cast<uint32_t>(seeds_.size()) : 0;
}

void membership_core::handle(const sync_request& body, const peer_message& message, std::string_view from,
                             time_point now, effect_list& out) {
  if (body.records.empty() || body.records[0].node != message.sender || !body.records[0].profile) {
    ++counters_.malformed;
    return;
  }
  const auto& sender = body.records[0];
  auto address = from.empty() ? sender.profile->peer_address : std::string{from};
  sync_reply reply{{options_.cluster_id, self().profile->protocol}};
  auto answer = judge(body.claim, sender, now);
  if (!answer)
    return;
  reply.verdict = answer->verdict;
  reply.reason = answer->reason;
  if (reply.verdict == join_verdict::accepted) {
    merge(body.records, message.sender, claim_origin::sync, now, out);
    reply.records = all_records();
  } else {
    out.emplace_back(stranger_refused{address, *std::move(answer)});
  }
  send(message.sender, std::move(address), std::move(reply), 0, out);
}

void membership_core::handle(const sync_reply& body, const peer_message& message, std::string_view from, time_point now,
                             effect_list& out) {
  auto answer = judge_claim({options_.cluster_id, self().profile->protocol}, body.claim);
  if (body.verdict != join_verdict::accepted)
    answer = {body.verdict, body.reason};
  if (answer.verdict != join_verdict::accepted) {
    out.emplace_back(join_refused{std::string{from}, std::move(answer)});
    return;
  }
  if (body.records.empty() || body.records[0].node != message.sender || message.sender == self().node) {
    ++counters_.malformed;
    return;
  }
  seeds_.settled(from, message.sender);
  bool alone = members().counts().live() < 2;
  bool stranger = !view_.is_live(message.sender);
  bool first = !joined_ && alone;
  joined_ = true;
  merge(body.records, message.sender, first ? claim_origin::first : claim_origin::sync, now, out);
  // Two clusters meet: the other one has to hear of ours, too.
  if (stranger && !alone && view_.is_live(message.sender))
    repair_with(message.sender, now, out);
}

void membership_core::merge(const std::vector<member_record>& records, node_id sender, claim_origin origin,
                            time_point now, effect_list& out) {
  for (const auto& record : records) {
    member_update update{record, is_accusation(record.state) ? sender : node_id{}};
    if (record.node == self().node)
      hear_of_self(update, out, now);
    else
      view_.apply(std::move(update), origin, now, out);
  }
  // Who is alive there and dead here has not refuted our claim: perhaps nobody believes us enough to pass it on.
  uint32_t asked = 0;
  for (const auto& record : records) {
    const auto* known = members().get(record.node);
    if (record.state != member_state::alive || known == nullptr || known->record.state != member_state::dead)
      continue;
    if (asked++ == options_.join_fanout)
      break;
    call_lost(known->record, out);
  }
}

void membership_core::gossip_round(time_point now, effect_list& out) {
  auto& queue = view_.queue();
  if (queue.empty())
    return;
  auto& due = queue.urgent() ? gossip_at_ : lazy_at_;
  if (due > now)
    return;
  due = now + (queue.urgent() ? options_.gossip_interval : options_.lazy_interval);
  auto peers = std::min(options_.gossip_peers, members().counts().live() - is_live(self().state));
  std::array<node_id, 16> told{};
  uint32_t count = 0;
  for (uint32_t tries = 0; count < std::min<uint32_t>(peers, told.size()) && tries < 8 * peers && !queue.empty();
       ++tries) {
    auto place = members().random_live(random_, self().node);
    if (place == member_table::none)
      break;
    const auto& peer = members().at(place).record;
    if (std::find(told.begin(), told.begin() + count, peer.node) != told.begin() + count)
      continue;
    told[count++] = peer.node;
    send(peer.node, peer.profile->peer_address, gossip{}, options_.gossip_bytes_max, out);
  }
}

void membership_core::remember(time_point now, effect_list& out) {
  if (remembered_ == members().live_digest() || remember_at_ > now)
    return;
  remembered_ = members().live_digest();
  remember_at_ = now + options_.remember_interval;
  remember_peers effect;
  for (uint32_t i = 0; i < 2 * options_.remembered_max && effect.addresses.size() < options_.remembered_max; ++i) {
    auto place = members().random_live(random_, self().node);
    if (place == member_table::none)
      break;
    const auto& address = members().at(place).record.profile->peer_address;
    if (std::find(effect.addresses.begin(), effect.addresses.end(), address) == effect.addresses.end())
      effect.addresses.push_back(address);
  }
  if (!effect.addresses.empty())
    out.emplace_back(std::move(effect));
}

} // namespace weft
