#pragma once

#include "runtime/membership/awareness.hpp"
#include "runtime/membership/effects.hpp"
#include "runtime/membership/identity_checks.hpp"
#include "runtime/membership/member_view.hpp"
#include "runtime/membership/options.hpp"
#include "runtime/membership/probe.hpp"
#include "runtime/membership/relay_list.hpp"
#include "runtime/membership/seed_list.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Who we are, fixed for the life of the process.
struct member_identity {
  node_id node{};
  boot_epoch epoch{};
  profile_ptr profile; ///< not null
};

/// How much rarer syncs are among so many members: max(1, 1 + ceil(log2(n / 32))).
double sync_stretch(uint32_t members) noexcept;

/// What a node says of itself and may change at any time.
struct local_state {
  member_phase phase = member_phase::starting;
  node_health health = node_health::healthy;
  uint8_t load = 0; ///< coarse, 0 idle … 15 full
};

struct membership_counters {
  std::array<uint64_t, message_kinds> sent{};     ///< by the index of message_body
  std::array<uint64_t, message_kinds> received{}; ///< the same
  uint64_t foreign = 0;                           ///< of another cluster: dropped
  uint64_t misdirected = 0;                       ///< pings for who used our address before: dropped
  uint64_t malformed = 0;                         ///< without the sender's own record: dropped
  uint64_t probes = 0;
  uint64_t probes_failed = 0;
  uint64_t refutations = 0; ///< of claims that we are suspect or dead
  uint64_t refused_deaths = 0;
  uint64_t stalls = 0;
};

/// What a node tells of its failure detector, all since the start but the last.
struct membership_figures {
  membership_counters counters;
  suspicion_counts suspicions;
  int local_health = 0; ///< now; 0 is healthy
};

/// SWIM with Lifeguard, without clock, thread or socket: every input names the time and appends what is to be done to
/// `out`, in order. Owned by MEMBERSHIP; not thread-safe; `now` never goes back. After each input, and not before
/// next_wake(), tick() is due. Read the inbox before ticking: a late tick is taken for a stall of our own, which
/// gives a grace before anybody is judged.
/// Life: made → join() → probing, gossiping → leave() → left().
class membership_core {
public:
  /// `seed`: all chance follows from it. REQUIRES: self.profile, self.node != 0.
  membership_core(membership_options options, member_identity self, uint64_t seed);
  membership_core(const membership_core&) = delete;
  membership_core& operator=(const membership_core&) = delete;

  /// Starts, and looks for a cluster at these peer addresses (seeds, remembered peers; our own is skipped) until one
  /// answers, while being a cluster of one. Later calls add addresses.
  void join(const std::vector<std::string>& addresses, time_point now, effect_list& out);

  /// `from`: the peer address to answer at when the sender is nobody we know; may be empty.
  void receive(peer_message message, std::string_view from, time_point now, effect_list& out);
  void tick(time_point now, effect_list& out);

  /// The answer to look_at_connection: the machine is there and nobody listens.
  void refused(node_id node, time_point now, effect_list& out);
  /// A message to it could not be sent: no reason to wait for the answer. A hint only.
  void unreachable(node_id node, time_point now, effect_list& out);

  /// Phase and health go out at once, load at its own pace.
  void set_local(local_state state, time_point now, effect_list& out);
  /// New configuration (weight, zone, …). REQUIRES: not null, the same peer address.
  void set_profile(profile_ptr profile, time_point now, effect_list& out);
  /// Says goodbye; no probe, no accusation from now on. left() tells when everyone should know.
  void leave(time_point now, effect_list& out);
  bool left() const noexcept { return life_ == life::left; }

  /// When to call tick() next, unless an input comes first.
  time_point next_wake() const noexcept { return next_wake_; }

  const member_table& members() const noexcept { return view_.table(); }
  const member_record& self() const { return view_.self(); }
  /// Found a cluster, or had no address to look at.
  bool joined() const noexcept { return joined_; }
  /// How many addresses there are to join through, when all were tried in vain and nobody else is live; otherwise 0.
  uint32_t alone() const;
  int local_health() const noexcept { return awareness_.score(); }
  uint32_t news_waiting() const noexcept { return view_.queue().size(); }
  const membership_counters& counters() const noexcept { return counters_; }
  membership_figures figures() const { return {counters_, view_.suspicions(), awareness_.score()}; }
  const membership_options& options() const noexcept { return options_; }

private:
  enum class life : uint8_t { made, member, leaving, left };

  // membership_core.cpp: inputs, claims about ourselves, timers
  void observe(time_point now);
  void finish(time_point now);
  void hear(std::vector<member_update> news, time_point now, effect_list& out);
  void hear_of_self(const member_update& update, effect_list& out, time_point now);
  void handle(const gossip& body, const peer_message& message, std::string_view from, time_point now, effect_list& out);
  void publish(member_record record, bool urgent, time_point now);
  void end_leaving(effect_list& out);
  // membership_probe.cpp
  void handle(const ping& body, const peer_message& message, std::string_view from, time_point now, effect_list& out);
  void handle(const ack& body, const peer_message& message, std::string_view from, time_point now, effect_list& out);
  void handle(const ping_request& body, const peer_message& message, std::string_view from, time_point now,
              effect_list& out);
  void handle(const nack& body, const peer_message& message, std::string_view from, time_point now, effect_list& out);
  void last_calls(time_point now, effect_list& out);
  void begin_probe(time_point now, effect_list& out);
  void end_probe(time_point now, effect_list& out);
  void ask_helpers(time_point now, effect_list& out);
  void count_refusal(node_id seen_by, time_point now, effect_list& out);
  /// Answers accusations on a ping that are older than what we know with what we know.
  void correct(const std::vector<member_record>& stale, peer_message& answer) const;
  /// Tells the reader first what we hold against it, so that it can refute.
  void reproach(node_id node, boot_epoch epoch, peer_message& message) const;
  peer_message& send_nack(const relay& item, bool refused, effect_list& out);
  // membership_sync.cpp: joining, comparing, reaching who is lost, passing news on
  void handle(const sync_request& body, const peer_message& message, std::string_view from, time_point now,
              effect_list& out);
  void handle(const sync_reply& body, const peer_message& message, std::string_view from, time_point now,
              effect_list& out);
  void merge(const std::vector<member_record>& records, node_id sender, claim_origin origin, time_point now,
             effect_list& out);
  /// Nullopt: that takes time; who asks will ask again.
  std::optional<join_answer> judge(const cluster_claim& claim, const member_record& sender, time_point now);
  std::optional<join_answer> judge_identity(const member_record& known, const member_record& sender, time_point now);
  void check_identities(time_point now, effect_list& out);
  void try_seeds(time_point now, effect_list& out);
  void try_lost(time_point now, effect_list& out);
  void compare_views(const peer_message& message, time_point now, effect_list& out);
  void repair_with(node_id node, time_point now, effect_list& out);
  void call_lost(const member_record& lost, effect_list& out);
  void plan_lost(time_point now);
  void sync_with(node_id node, const std::string& address, effect_list& out);
  std::vector<member_record> all_records() const;
  void gossip_round(time_point now, effect_list& out);
  void remember(time_point now, effect_list& out);

  /// `news_max`: bytes of news that may ride on it. The returned message may be changed until the next send().
  peer_message& send(node_id node, std::string address, message_body body, uint32_t news_max, effect_list& out);
  std::string address_of(node_id node, std::string_view otherwise) const;
  duration paced(std::chrono::milliseconds interval, double scale) const;

  membership_options options_;
  uint64_t mark_;
  random_source random_;
  member_view view_;
  awareness awareness_;
  seed_list seeds_;
  identity_checks identities_;
  probe probe_;
  relay_list relays_;
  membership_counters counters_;
  life life_ = life::made;
  bool joined_ = false;
  bool superseded_ = false;
  std::vector<member_record> corrections_; ///< to what the message being read claims
  uint32_t sequence_ = 0;
  uint32_t mismatches_ = 0;  ///< answers in a row from members with another view
  uint8_t load_ = 0;         ///< as it is; the record has what was published
  uint64_t remembered_ = 0;  ///< the digest of the view that was remembered last
  time_point probe_at_{};    ///< the next probe, and the end of this one
  time_point gossip_at_{};   ///< counts while there is news
  time_point lazy_at_{};     ///< the same, for news that is not urgent
  time_point sync_at_{};     //
  time_point lost_at_{};     ///< the next try to reach a lost member, while there is one
  time_point repair_at_{};   ///< earliest sync that is not planned
  time_point load_at_{};     ///< earliest publication of a new load
  time_point remember_at_{}; ///< earliest
  time_point leave_until_{}; //
  time_point next_wake_ = time_point::max();
};

} // namespace weft
