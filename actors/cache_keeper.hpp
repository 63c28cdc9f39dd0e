#pragma once

#include "actors/cache_options.hpp"
#include "actors/fetched_batch.hpp"
#include "actors/interfaces.hpp"
#include "runtime/routing/placement.hpp"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace weft {

/// Duty: what is done for the cache beside calls, with other nodes: sends second copies of what shards write, answers
/// other nodes from the shards, fetches ahead what this node owns since it joined, gives what is hot to the next owners
/// when it drains. replica_queue and preload_plan decide what is sent and fetched when. Owner: NODE_SUPERVISOR. All
/// that it holds may be lost: entries keep their first copy, questions answer themselves.
class cache_keeper_state {
public:
  using self_pointer = cache_keeper_actor::stateful_pointer<cache_keeper_state>;
  static inline const char* name = "cache_keeper";

  explicit cache_keeper_state(self_pointer self) : self_(self) {}
  void start(const cache_options& options);

  void copy(const std::vector<stored_entry>& entries);
  void sent(uint64_t number, const status& outcome);
  void keep(const keep_ask_ptr& asked);
  void find(const find_ask_ptr& asked);
  void hottest(const hot_ask_ptr& asked);
  void hear(const cluster_view_ptr& cluster);
  void wire(const wiring_ptr& wiring);
  void tick();
  cache_status report() const;

  // Fetching ahead from other nodes (cache_keeper_moves.cpp):
  void heard_hot(node_id from, const result<std::vector<hot_key>>& hot);
  void fetched(node_id from, const fetched_batch& batch);
  // Handing over:
  void hand_over(const hand_over_ask_ptr& asked);
  void hot_here(const result<std::vector<hot_key>>& hot);
  void found_here(const fetched_batch& batch);
  void given(uint64_t entries);

private:
  /// What is on its way to the next owners.
  struct hand_over_state {
    std::vector<hand_over_ask_ptr> asked;
    preload_plan plan;
    time_point until{};
    bool listed = false; ///< the shards have said what is hot
    uint32_t parcels = 0;
    uint64_t taken = 0;
  };

  time_point now() const { return self_->clock().now(); }
  void send_parcels();
  void place(std::vector<stored_entry> entries);
  /// Divides a parcel among the shards; done when all have it.
  void keep_here(keep_entries what, std::function<void(status)> done);
  void find_here(std::vector<cache_key> keys, std::function<void(result<found_entries>)> done);
  void hottest_here(hot_limits limits, std::function<void(result<std::vector<hot_key>>)> done);
  void begin_to_fetch_ahead();
  void fetch_ahead();
  void hand_over_next();
  void end_hand_over();
  void arm_timer();

  self_pointer self_;
  cache_options options_;
  wiring_ptr wiring_;
  cluster_view_ptr cluster_; ///< null: none was told
  placement owners_;         ///< empty while this node is alone
  std::optional<replica_queue> copies_;
  std::map<node_id, preload_plan> ahead_; ///< by the member that is asked
  std::optional<hand_over_state> leaving_;
  uint64_t handed_over_ = 0;
  time_point armed_ = time_point::max();
};

cache_keeper_actor::behavior_type cache_keeper(cache_keeper_state::self_pointer self, const cache_options& options);

} // namespace weft
