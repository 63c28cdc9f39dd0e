#pragma once

#include "actors/cache_options.hpp"
#include "actors/computation.hpp"
#include "actors/gather.hpp"
#include "actors/interfaces.hpp"
#include "actors/open_requests.hpp"
#include "actors/peer_ask.hpp"
#include "actors/services.hpp"
#include "runtime/cache/near_cache.hpp"
#include "runtime/routing/foreign_owners.hpp"
#include "runtime/routing/placement.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace weft {

struct router_setup {
  cache_options cache;
  std::shared_ptr<peer_link> peers; ///< null: this node is alone
  uint64_t seed = 1;                ///< of random choices; nodes should have different ones
  services_ptr services;
};

/// Duty: finds out whose keys a call's texts have, and passes them on: to the shards of this node, or to the node that
/// owns them; what a peer does not answer, this node computes itself. What a shard misses is computed where router_core
/// says. Owner: NODE_SUPERVISOR. Keeps no call; its memory is the near-cache of what other nodes answered.
class router_state {
public:
  using self_pointer = router_actor::stateful_pointer<router_state>;
  static inline const char* name = "router";

  explicit router_state(self_pointer self) : self_(self) {}
  void start(const router_setup& setup);

  void route(const call_ptr& call, uint32_t pool);
  void compute(const shard_call_ptr& call);
  void peer_ended(const peer_ask& asked);
  void computed(const computation& done);
  void look_up(const lookup_ask_ptr& asked);
  void tick();
  void hear(const models_ptr& models);
  void hear(const cluster_view_ptr& cluster);
  void wire(const wiring_ptr& wiring);

private:
  time_point now() const { return self_->clock().now(); }
  /// Null when the model is not ready.
  result_kind_ptr kind_of(const std::string& model, const embed_options& options, const std::string& tenant);
  bool uses_cache(const call& call) const;
  void compute_here(const call_ptr& call);
  /// To the pool, or to COMPRESSOR, as the operation is.
  void hand_over(const call_ptr& call, const tree_wiring::pool& pool);
  void compute_there(computation what);
  /// A call in a class in which this node does not compute, whole and without its cache: by the node that ends it first
  /// of those that may, else by the next. Fails as the last one did when none is left, with errc::other_identity when
  /// there is none.
  void compute_in_class(computation what);
  void compute_elsewhere(const computation& done, failure why);
  /// What an answer, a refusal or a failure says about the node that was to compute.
  void judge(const computation& done, errc why, const std::optional<node_load>& load);
  /// Nobody need ask this owner now: it is suspect, or has said that it computes something else.
  bool passed_over(node_id owner, const result_kind& kind) const;
  void remember_foreign(node_id owner, const result_kind& kind);
  void ask_shards(const gather_ptr& to, const std::vector<uint32_t>& items, const std::vector<cache_key>& keys);
  void ask_peer(const gather_ptr& to, node_id peer, const std::vector<uint32_t>& items,
                const std::vector<cache_key>& keys);
  /// Ends the request when the call has ended before.
  void watch(std::shared_ptr<const call> call, peer_cancel cancel);

  self_pointer self_;
  router_setup setup_;
  wiring_ptr wiring_;
  models_ptr models_;
  cluster_view_ptr cluster_;
  placement owners_; ///< empty while this node is alone
  std::optional<router_core> targets_;
  foreign_owners foreign_;
  std::optional<near_cache> near_;
  open_requests open_;
  std::optional<time_point> class_missed_;                 ///< when that was logged
  bool armed_ = false;                                     ///< a look at the open requests will come
  std::unordered_map<std::string, result_kind_ptr> kinds_; ///< by model, options and scope
};

router_actor::behavior_type router(router_state::self_pointer self, const router_setup& setup);

} // namespace weft
