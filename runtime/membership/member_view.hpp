#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/membership/broadcast_queue.hpp"
#include "runtime/membership/effects.hpp"
#include "runtime/membership/member_table.hpp"
#include "runtime/membership/options.hpp"
#include "runtime/membership/probe_schedule.hpp"
#include "runtime/membership/suspicion_list.hpp"
#include "runtime/membership/tombstones.hpp"

#include <cstdint>

namespace weft {

/// How a claim came: gossip is one member's news, a sync another member's whole memory, and `first` the sync by which
/// we come in: nothing in it is news to others.
enum class claim_origin : uint8_t { gossip, sync, first };

/// Since the start; whoever began them.
struct suspicion_counts {
  uint64_t begun = 0;
  uint64_t refuted = 0; ///< ended with the member alive
};

/// What we believe of everyone, by the order of claims (member.hpp), and what follows from a change: an event, news
/// to pass on, a suspicion begun or ended, a tombstone. Claims about oneself are membership_core's affair.
/// Not thread-safe. REQUIRES: options outlive it.
class member_view {
public:
  member_view(const membership_options& options, member_record self, uint64_t seed);

  /// Takes a claim about another node. REQUIRES: update.record.node is not oneself.
  void apply(member_update update, claim_origin origin, time_point now, effect_list& out);
  /// Our own word about ourselves, newer than before.
  void set_self(member_record self, bool urgent, time_point now);

  /// We could not reach it. Suspects it, or confirms a suspicion as one more accuser.
  void accuse(node_id node, time_point now, effect_list& out);
  /// Death by evidence, without suspicion.
  void declare_dead(node_id node, time_point now, effect_list& out);

  /// A member whose suspicion ends soon: time to ask once more. Null when there is none.
  const member_record* take_last_call(time_point now);
  /// What we know is newer than this accusation: its bearer should hear it. Null otherwise.
  const member_record* correction(const member_record& claim) const;

  /// Ends the suspicions and the tombstones whose time is over.
  void tick(time_point now, effect_list& out);
  time_point next() const;
  /// We stalled: what others said in that time is still to be read.
  void postpone(duration by) { suspicions_.postpone(by); }

  const member_table& table() const noexcept { return table_; }
  const member_record& self() const { return table_.at(self_place_).record; }
  bool is_live(node_id node) const;
  /// A coarse load level that came with a message of this process.
  void heard_load(uint32_t place, uint8_t load, effect_list& out);
  /// What `node` should know about what we think of it; null while that is nothing but good.
  const member_record* reproach(node_id node, boot_epoch epoch) const;
  /// How many have to see a refused connection to `node` (see membership_options::refusals).
  uint32_t refusals_needed(node_id node) const;

  broadcast_queue& queue() noexcept { return queue_; }
  const broadcast_queue& queue() const noexcept { return queue_; }
  /// How often an item of news is sent: ceil(ln n) + gossip_spare.
  uint32_t sends() const;
  probe_schedule& schedule() noexcept { return schedule_; }
  const tombstones& ended() const noexcept { return tombstones_; }
  const suspicion_counts& suspicions() const noexcept { return suspicion_counts_; }
  uint64_t dropped() const noexcept { return dropped_; } ///< members for whom there was no room
  bool full() const noexcept {
    return table_.size() >= options_.members_max && tombstones_.next() == time_point::max();
  }

private:
  void meet(member_update update, claim_origin origin, time_point now, effect_list& out);
  void take_alive(uint32_t place, member_update update, claim_origin origin, time_point now, effect_list& out);
  void take_profile(uint32_t place, const member_record& claim, time_point now, effect_list& out);
  void take_suspect(uint32_t place, member_update update, time_point now, effect_list& out);
  void take_end(uint32_t place, member_update update, time_point now, effect_list& out);
  bool credible(node_id accuser) const;
  /// How many could confirm a suspicion, beside who has it: alive, and not leaving.
  uint32_t confirmers() const;
  void limit_confirmations();
  bool make_room();
  void emit(member_change change, uint32_t place, effect_list& out) const;
  void pass_on(uint32_t place, node_id accuser, bool with_profile, bool urgent = true);

  const membership_options& options_;
  random_source random_;
  member_table table_;
  uint32_t self_place_;
  suspicion_list suspicions_;
  tombstones tombstones_;
  broadcast_queue queue_;
  probe_schedule schedule_;
  suspicion_counts suspicion_counts_;
  uint64_t dropped_ = 0;
};

} // namespace weft
