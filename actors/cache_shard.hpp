#pragma once

#include "actors/cache_options.hpp"
#include "actors/fetched_batch.hpp"
#include "actors/gather.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "actors/shard_call.hpp"
#include "actors/store_lookup.hpp"
#include "runtime/routing/placement.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace weft {

struct cache_shard_setup {
  cache_options cache;                ///< its budgets are of one shard
  std::shared_ptr<entry_store> store; ///< null: memory only
  services_ptr services;
};

/// What one of those who wait for a key needs to be answered.
struct shard_waiter {
  gather_ptr to;
  uint32_t index = 0;
  cache_key key;
};

/// Duty: keeps the results of a part of the keys, and sees to it that a key is computed once. cache_shard_core decides
/// where entries are, single_flight_core who computes. Owner: NODE_SUPERVISOR. It holds calls only by their gather, so
/// when it dies their transports answer them.
class cache_shard_state {
public:
  using self_pointer = cache_shard_actor::stateful_pointer<cache_shard_state>;
  static inline const char* name = "cache_shard";

  explicit cache_shard_state(self_pointer self) : self_(self) {}
  void start(const cache_shard_setup& setup);

  void ask(const shard_ask& asked);
  void looked_up(const store_lookup& lookup);
  void computed(uint64_t number, result<embed_result>& outcome);
  void written(const status& outcome);
  void hear(const cluster_view_ptr& cluster);
  // Of this node's background work and of other nodes (cache_shard_entries.cpp):
  void keep(const keep_ask_ptr& asked);
  void find(const find_ask_ptr& asked);
  void found(store_find& find);
  void hottest(const hot_ask_ptr& asked);
  void preload(const std::vector<hot_key>& keys);
  void preloaded(const fetched_batch& batch);
  void tick();
  void stop();
  void wire(const wiring_ptr& wiring);
  cache_status report() const;

private:
  /// A computation that is under way.
  struct job {
    std::weak_ptr<shard_call> call;
    std::vector<waiter_id> leaders; ///< one a text
    std::vector<identity> what;     ///< [leaders]
    std::vector<cache_key> keys;    ///< [leaders]
    bool adopted = false;           ///< some of them took it over; its deadline is not theirs
    bool elsewhere = false;         ///< this node's pool has refused it before
  };

  time_point now() const { return self_->clock().now(); }
  identity identity_of(const shard_waiter& waiter) const { return {waiter.to->kind(), waiter.to->text(waiter.index)}; }

  void look_up(std::vector<waiter_id> leaders);
  void ask_other_owner(std::vector<waiter_id> leaders);
  /// What the other owner had of these: it is served, and kept in the store. Returns those that it did not have.
  std::vector<waiter_id> repair(const store_lookup& lookup);
  void copy(const std::vector<stored_entry>& entries);
  void ask_for_hot_keys();
  void fetch_ahead();
  void keep_hot_keys();
  /// refused_here: why this node could not: another one is to. REQUIRES: leaders of one gather.
  void compute(std::vector<waiter_id> leaders, const std::optional<failure>& refused_here = {});
  /// True when another node was asked to do what this one could not.
  void end_failed(const job& failed, const failure& reason);
  bool compute_elsewhere(const job& failed, const failure& reason);
  void take_over(const std::optional<single_flight_core::handover>& next);
  void take_over(const std::vector<single_flight_core::handover>& next);
  void answer(const identity& what, const cache_key& key, const cached_value& value, waiter_id leader, source from);
  void fail_job(const job& failed, const failure& reason);
  void fail_leader(const job& failed, size_t at, const failure& reason);
  void fail(const std::vector<waiter_id>& waiters, const failure& reason);
  void let_go_of_abandoned();
  void hand_over(const std::vector<waiter_id>& gone);
  void write_behind();
  void arm_timer();

  self_pointer self_;
  cache_shard_setup setup_;
  std::optional<cache_shard_core> cache_;
  std::optional<single_flight_core> flights_;
  wiring_ptr wiring_;
  cluster_view_ptr cluster_; ///< null: none was told
  placement owners_;         ///< empty while this node is alone
  repair_rule repairs_;
  preload_plan ahead_{preload_options{}};
  time_point hot_keys_due_{};
  uint64_t replicas_kept_ = 0;
  uint64_t last_waiter_ = 0;
  std::unordered_map<waiter_id, shard_waiter> waiters_;
  uint64_t last_job_ = 0;
  std::unordered_map<uint64_t, job> jobs_;
  bool writing_ = false;     ///< the store has a batch of ours
  time_point write_again_{}; ///< not before, after it refused one
  time_point armed_ = time_point::max();
  uint64_t computed_items_ = 0;
};

cache_shard_actor::behavior_type cache_shard(cache_shard_state::self_pointer self, const cache_shard_setup& setup);

} // namespace weft
