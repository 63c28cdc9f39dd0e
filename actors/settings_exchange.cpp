#include "actors/settings_keeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// How the keeper shares the settings with other nodes.
namespace weft {
namespace {

/// Has been at work: knows what changed before now.
bool can_be_asked(const cluster_view& cluster, const cluster_member& member) noexcept {
  return member.node != cluster.self &&
         (takes_work(member.condition) || member.condition == member_condition::draining);
}

/// Where all nodes start together, they can ask nobody but each other.
bool starts_too(const cluster_view& cluster, const cluster_member& member) noexcept {
  return member.node != cluster.self && member.condition == member_condition::starting;
}

} // namespace

std::vector<cluster_member> settings_keeper_state::pick_peers(uint32_t count) {
  std::vector<cluster_member> out;
  if (!cluster_ || !setup_.options.ask)
    return out;
  for (const auto& member : cluster_->members)
    if (can_be_asked(*cluster_, member))
      out.push_back(member);
  if (out.empty() && !current_)
    std::ranges::copy_if(cluster_->members, std::back_inserter(out),
                         [&](const cluster_member& member) { return starts_too(*cluster_, member); });
  count = std::min(count, static_cast<uint32_t>(out.size()));
  for (uint32_t i = 0; i < count; ++i)
    std::swap(out[i], out[i + chance_.below(static_cast<uint32_t>(out.size()) - i)]);
  out.resize(count);
  return out;
}

void settings_keeper_state::hear(const cluster_view_ptr& cluster) {
  const auto before = std::exchange(cluster_, cluster);
  if (!loaded_ || session_ || !setup_.options.ask)
    return;
  if (!current_) {
    if (const auto peers = pick_peers(1); !peers.empty())
      begin_exchange(peers.front());
    return;
  }
  // Who has just come may know something, and need not wait for the next period.
  for (const auto& member : cluster->members) {
    const auto same = [&](const cluster_member& it) { return it.node == member.node && it.epoch == member.epoch; };
    if (can_be_asked(*cluster, member) && (!before || !std::ranges::any_of(before->members, [&](const auto& it) {
          return same(it) && can_be_asked(*before, it);
        })))
      return begin_exchange(member);
  }
}

void settings_keeper_state::begin_exchange(const cluster_member& peer) {
  ours_.map.forget_expired(now()); // else they came back to those who have forgotten them
  session_.emplace(setup_.options.message_bytes_max);
  session_peer_ = peer;
  send(peer, ++exchanges_, session_->first(ours_));
}

void settings_keeper_state::send(const cluster_member& peer, uint64_t exchange, settings_question question) {
  setup_.options.ask(peer, std::move(question), [self = settings_keeper_actor{self_}, exchange](auto reply) {
    caf::anon_send(self, std::make_shared<const settings_heard>(settings_heard{exchange, std::move(reply)}));
  });
}

void settings_keeper_state::peer_answered(const settings_heard& heard) {
  if (!session_ || heard.exchange != exchanges_)
    return; // of a push, or of an exchange that was given up
  if (!heard.reply)
    return session_.reset(); // the next one takes another member, at the next view or tick
  const auto before = ours_.map.revision();
  const auto stale = ours_.stale;
  auto question = session_->next(ours_, *heard.reply);
  if (stale && !ours_.stale) {
    setup_.services->log("info", name, "the settings are those of the other nodes now");
    ++version_;
    apply();
    save();
  } else {
    changed(before);
  }
  if (!question)
    return end_exchange();
  send(session_peer_, exchanges_, *std::move(question));
}

void settings_keeper_state::end_exchange() {
  session_.reset();
  if (current_ || !wiring_)
    return;
  // One that was asked because it starts, too, knows nothing new where another one has served all the time.
  const auto better = pick_peers(1);
  if (session_peer_.condition == member_condition::starting && !better.empty() &&
      better.front().condition != member_condition::starting)
    return begin_exchange(better.front());
  become_current();
}

void settings_keeper_state::look_whether_current() {
  if (current_ || !loaded_ || !wiring_)
    return;
  const auto& options = setup_.options;
  if (!options.ask || !options.peers_expected)
    return become_current();
  const auto waited = self_->clock().now() - began_;
  if (waited >= options.lone_wait && pick_peers(1).empty()) {
    setup_.services->log("info", name, "no other node is seen: this one serves with the settings that it has");
    return become_current();
  }
  if (waited < options.current_wait)
    return;
  setup_.services->log("warn", name, "no other node tells its settings: this one serves with those that it has");
  become_current();
}

void settings_keeper_state::become_current() {
  current_ = true;
  if (!setup_.options.current)
    return;
  // By way of the supervisor, which has told everybody of the settings when this comes back.
  self_->send(wiring_->supervisor, std::make_shared<settings_ask>(
                                       settings_request{}, [tell = setup_.options.current](const auto&) { tell(); }));
}

void settings_keeper_state::peer_asks(const peer_settings_ask_ptr& asked) {
  if (!loaded_)
    return asked->answer(failure{errc::unavailable, "the settings are being read"});
  ours_.map.forget_expired(now());
  const auto before = ours_.map.revision();
  auto reply = answer_settings(ours_, asked->question, setup_.options.message_bytes_max);
  changed(before);
  asked->answer(std::move(reply));
}

void settings_keeper_state::push(const std::vector<std::string>& keys) {
  // A stale node's knowledge spreads only where it is asked for.
  if (ours_.stale)
    return;
  for (const auto& peer : pick_peers(setup_.options.push_members))
    send(peer, 0,
         {.summary = summary_of(ours_.map),
          .digest = {},
          .entries = entries_of(ours_.map, keys, setup_.options.message_bytes_max),
          .stale = false});
}

} // namespace weft
