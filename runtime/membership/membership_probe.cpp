// The failure detector of membership_core: probes, and what we do for the probes of others.
#include "runtime/membership/membership_core.hpp"

#include <utility>

namespace weft {

void membership_core::begin_probe(time_point now, effect_list& out) {
  probe_at_ = now + awareness_.stretch(duration{options_.probe_interval});
  auto place = view_.schedule().next(members(), random_);
  if (place == member_table::none)
    return;
  const auto& target = members().at(place).record;
  ++counters_.probes;
  probe_ = probe{target.node, ++sequence_, now + awareness_.stretch(duration{options_.probe_timeout})};
  auto& message =
      send(target.node, target.profile->peer_address, ping{sequence_, target.node}, options_.probe_bytes_max, out);
  reproach(target.node, target.epoch, message);
}

void membership_core::end_probe(time_point now, effect_list& out) {
  if (!probe_.open())
    return;
  ++counters_.probes_failed;
  awareness_.add(probe_.doubt());
  auto target = probe_.target();
  probe_.close();
  view_.accuse(target, now, out);
}

void membership_core::ask_helpers(time_point now, effect_list& out) {
  auto target = probe_.target();
  const auto* known = members().get(target);
  if (known == nullptr || !is_live(known->record.state)) {
    probe_.close();
    return;
  }
  out.emplace_back(look_at_connection{target, known->record.profile->peer_address});
  std::array<node_id, probe::refusers_max> asked{};
  uint32_t helpers = 0;
  auto wanted = std::min({options_.indirect_probes, static_cast<uint32_t>(asked.size()),
                          members().counts().live() - 2}); // the target and we are live
  for (uint32_t tries = 0; helpers < wanted && tries < 4 * wanted; ++tries) {
    auto place = members().random_live(random_, self().node, target);
    if (place == member_table::none)
      break;
    const auto& helper = members().at(place).record;
    if (std::find(asked.begin(), asked.begin() + helpers, helper.node) != asked.begin() + helpers)
      continue;
    asked[helpers++] = helper.node;
    send(helper.node, helper.profile->peer_address, ping_request{probe_.sequence(), target}, options_.probe_bytes_max,
         out);
  }
  probe_.asked(helpers);
  (void)now;
}

void membership_core::handle(const ping& body, const peer_message& message, std::string_view from, time_point,
                             effect_list& out) {
  if (body.target != self().node) {
    ++counters_.misdirected; // our address was another's: that one is gone, and silence says so
    return;
  }
  auto& answer = send(message.sender, address_of(message.sender, from), ack{body.sequence, self().node},
                      options_.probe_bytes_max, out);
  reproach(message.sender, message.sender_epoch, answer);
  correct(corrections_, answer);
}

void membership_core::last_calls(time_point now, effect_list& out) {
  while (const auto* suspect = view_.take_last_call(now)) {
    if (life_ != life::member) // who leaves asks nobody
      continue;
    auto node = suspect->node;
    auto claim = *suspect;
    claim.profile = nullptr;
    for (uint32_t i = 0; i < std::max(options_.indirect_probes, 1u); ++i) {
      auto place = i == 0 ? members().find(node) : members().random_live(random_, self().node, node);
      if (place == member_table::none)
        break;
      const auto& asked = members().at(place).record;
      // The claim goes first, for the answer to correct it, and accuses nobody anew.
      auto& message =
          send(asked.node, asked.profile->peer_address, ping{++sequence_, asked.node}, options_.probe_bytes_max, out);
      message.news.insert(message.news.begin(), member_update{claim, node_id{}});
    }
  }
}

void membership_core::correct(const std::vector<member_record>& stale, peer_message& answer) const {
  for (auto record : stale) {
    record.profile = nullptr;
    answer.news.push_back({std::move(record), node_id{}});
  }
}

void membership_core::handle(const ack& body, const peer_message& message, std::string_view, time_point now,
                             effect_list& out) {
  if (probe_.is(body.subject, body.sequence)) {
    const auto* known = members().get(body.subject);
    // A process that was restarted away does not speak for its successor.
    bool of_old = message.sender == body.subject && known != nullptr && message.sender_epoch < known->record.epoch;
    if (!of_old) {
      probe_.close();
      awareness_.add(-1);
      compare_views(message, now, out);
    }
    return;
  }
  relays_.answered(body.subject, body.sequence, [&](const relay& item) {
    send(item.origin, item.origin_address, ack{item.origin_sequence, item.target}, options_.probe_bytes_max, out);
  });
  // Someone thought lost answers: both sides have missed a lot.
  if (body.sequence == 0 && message.sender == body.subject)
    repair_with(message.sender, now, out);
}

void membership_core::handle(const ping_request& body, const peer_message& message, std::string_view from,
                             time_point now, effect_list& out) {
  const auto* target = members().get(body.target);
  relay item;
  item.sequence = ++sequence_;
  item.target = body.target;
  item.origin = message.sender;
  item.origin_address = address_of(message.sender, from);
  item.origin_sequence = body.sequence;
  item.nack_at = now + duration{options_.probe_timeout} * 4 / 5; // in time for who asked
  item.until = now + options_.probe_interval;
  if (target == nullptr || !is_live(target->record.state) || !relays_.add(item)) {
    auto& answer = send_nack(item, false, out);
    if (target != nullptr) // the news that it ended has missed who asks
      reproach(body.target, target->record.epoch, answer);
    return;
  }
  const auto& record = target->record;
  out.emplace_back(look_at_connection{record.node, record.profile->peer_address});
  auto& probe =
      send(record.node, record.profile->peer_address, ping{item.sequence, record.node}, options_.probe_bytes_max, out);
  reproach(record.node, record.epoch, probe);
}

void membership_core::handle(const nack& body, const peer_message& message, std::string_view, time_point now,
                             effect_list& out) {
  if (!probe_.is(body.subject, body.sequence))
    return;
  probe_.nacked();
  if (body.refused)
    count_refusal(message.sender, now, out);
}

void membership_core::refused(node_id node, time_point now, effect_list& out) {
  observe(now);
  if (life_ != life::member)
    return;
  relays_.each_of(node, [&](relay& item) {
    if (item.refused)
      return;
    item.refused = true;
    item.nack_at = time_point::max();
    send_nack(item, true, out);
  });
  identities_.refused(node);
  if (probe_.open() && probe_.target() == node)
    count_refusal(self().node, now, out);
  finish(now);
}

void membership_core::unreachable(node_id node, time_point now, effect_list& out) {
  observe(now);
  if (life_ != life::member)
    return;
  if (probe_.open() && probe_.target() == node && probe_.helpers_at() != time_point::max())
    ask_helpers(now, out);
  finish(now);
}

void membership_core::count_refusal(node_id seen_by, time_point now, effect_list& out) {
  auto target = probe_.target();
  if (probe_.refused(seen_by) < view_.refusals_needed(target))
    return;
  probe_.close();
  ++counters_.refused_deaths;
  view_.declare_dead(target, now, out);
}

peer_message& membership_core::send_nack(const relay& item, bool refused, effect_list& out) {
  return send(item.origin, item.origin_address, nack{item.origin_sequence, item.target, refused},
              options_.probe_bytes_max, out);
}

void membership_core::reproach(node_id node, boot_epoch epoch, peer_message& message) const {
  if (const auto* known = view_.reproach(node, epoch)) {
    auto claim = *known;
    claim.profile = nullptr;
    message.news.insert(message.news.begin(), member_update{std::move(claim), self().node});
  }
}

} // namespace weft
