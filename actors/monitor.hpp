#pragma once

#include "actors/interfaces.hpp"
#include "actors/snapshot_board.hpp"
#include "runtime/admission/admission.hpp"

#include <map>
#include <memory>
#include <string>

namespace weft {

struct monitor_setup {
  std::string node_name;
  std::string version;
  time_point started{}; ///< of the node
  node_condition condition;
  std::shared_ptr<const admission> gate;
  std::shared_ptr<snapshot_board> board;
};

/// Duty: keeps the node's snapshot fresh. Owner: NODE_SUPERVISOR. Asks the pools (control path), is told of models by
/// their keeper, and publishes what it knows; a pool that does not answer shows its last state.
class monitor_state {
public:
  using self_pointer = monitor_actor::stateful_pointer<monitor_state>;
  static inline const char* name = "monitor";

  explicit monitor_state(self_pointer self) : self_(self) {}
  void start(const monitor_setup& setup) { setup_ = setup; }

  void change(const node_condition& condition);
  void hear(const models_ptr& models);
  void wire(const wiring_ptr& wiring);
  void look();

private:
  void ask_pool(const tree_wiring::pool& pool);
  template <class Part> void ask_cache(const Part& part, size_t index);
  void publish() const;

  self_pointer self_;
  monitor_setup setup_;
  wiring_ptr wiring_;
  models_ptr models_;
  std::map<std::string, pool_status_ptr> pools_;
  std::vector<cache_status> caches_; ///< of the shards, then of the cache keeper
};

monitor_actor::behavior_type monitor(monitor_state::self_pointer self, const monitor_setup& setup);

} // namespace weft
