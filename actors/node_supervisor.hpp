#pragma once

#include "actors/device_group_board.hpp"
#include "actors/document_desk.hpp"
#include "actors/door.hpp"
#include "actors/interfaces.hpp"
#include "actors/job_desk.hpp"
#include "actors/services.hpp"
#include "actors/snapshot_board.hpp"
#include "runtime/admission/admission.hpp"
#include "runtime/registry/operation_registry.hpp"
#include "runtime/supervision/restart_limit.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct node_supervisor_setup {
  tree_options options;
  services_ptr services;
  std::shared_ptr<admission> gate;
  std::shared_ptr<weft::door> door;
  std::shared_ptr<job_desk> desk;
  std::shared_ptr<snapshot_board> board;
  std::shared_ptr<const operation_registry> operations;
  std::shared_ptr<document_desk> documents = std::make_shared<document_desk>();
  std::shared_ptr<device_group_board> corpora = std::make_shared<device_group_board>();
};

/// Duty: starts gateway, keepers of jobs and documents, device group, router, cache keeper and shards, compressor,
/// pools, model keeper, monitor, autoscaler, settings; restarts each alone when it dies, at most 5 times in any 30 s
/// for each name (a pool's workers and tokenizers count under a name of their own), else the node is unhealthy; stops
/// them in order. Owner: actor_tree. Stop order: gateway, job and document keeper, router, device group and cache
/// keeper, shards, compressor and pools, then the other four, each stage when the one before it has gone, so that calls
/// in mailboxes still reach somebody who answers them.
class node_supervisor_state {
public:
  using self_pointer = node_supervisor_actor::stateful_pointer<node_supervisor_state>;
  static inline const char* name = "supervisor";

  explicit node_supervisor_state(self_pointer self) : self_(self) {}
  void start(const node_supervisor_setup& setup);

  bool may_restart(const std::string& who, const std::string& why);
  void child_down(const caf::down_msg& down);
  void settled();
  void drain(const callback_ptr& drained);
  void idle();
  void change(const std::vector<pool_options>& pools);
  void stop();
  void hear(const cluster_view_ptr& cluster);
  void clear_cache(uint64_t generation);
  void hear(const settings_effects_ptr& effects);
  /// What has no keeper to go to answers itself: errc::unavailable.
  template <class Question> void pass_to_cache(const Question& asked) {
    if (parts_.cache_keeper)
      self_->send(parts_.cache_keeper, asked);
  }
  const wiring_ptr& wiring() const noexcept { return wiring_; }

private:
  /// What is alive, and how to start it again.
  struct child {
    std::string name;
    int stage = 0; ///< stop order: the lower the earlier
    std::function<void()> start;
    std::function<void()> stop;
    caf::actor_addr address; ///< null when it is not alive
  };

  void add_children();
  void start_child(child& it);
  void start_autoscaler();
  void start_cache_keeper();
  void start_compressor();
  void start_device_group();
  void start_documents();
  void start_gateway();
  void start_jobs();
  void start_keeper();
  void start_monitor();
  void start_router();
  void start_settings();
  void start_shard(size_t index);
  void start_pool(size_t index);
  template <class Handle> void watch(const Handle& handle);
  void wire();
  void tell_members();
  void stop_next();
  void unhealthy(const std::string& reason);
  void condition_changed();

  self_pointer self_;
  node_supervisor_setup setup_;
  std::function<void(const std::string&)> tell_unhealthy_;
  time_point started_{};
  node_condition condition_;
  std::vector<child> children_;
  child* starting_ = nullptr; ///< whose start runs
  tree_wiring parts_;
  wiring_ptr wiring_;
  cluster_view_ptr cluster_; ///< null: none was told
  std::map<std::string, restart_limit> limits_;
  std::vector<callback_ptr> drained_;
  bool stopping_ = false;
  int stage_told_ = -1; ///< the last stage whose children were told to stop
};

node_supervisor_actor::behavior_type node_supervisor(node_supervisor_state::self_pointer self,
                                                     const node_supervisor_setup& setup);

} // namespace weft
