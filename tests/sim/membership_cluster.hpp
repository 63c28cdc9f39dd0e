#pragma once

#include "runtime/membership/membership_core.hpp"
#include "tests/sim/sim_network.hpp"
#include "tests/sim/sim_world.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weft::sim {

enum class host_state : uint8_t {
  off,     ///< never started
  up,      //
  leaving, ///< says goodbye; then it is gone
  paused,  ///< SIGSTOP: messages pile up, timers wait
  crashed, ///< the machine is gone: silence
  gone,    ///< the process is gone: its machine refuses connections
};

/// Deaths that were none: a node said of another one, which was up, that it had died.
struct false_deaths {
  uint64_t events = 0;  ///< one for each node that believed it
  uint64_t healthy = 0; ///< the same, about nodes that never paused
};

/// Nodes 0 … n−1, each a real membership_core, on one simulated network. The harness plays actor and transport and
/// knows the truth. Not for more than 2^24 nodes.
class membership_cluster final : public sim_process, public sim_network<peer_message>::receiver {
public:
  membership_cluster(uint64_t seed, uint32_t nodes, membership_options options = {});

  sim_world& world() noexcept { return world_; }
  sim_network<peer_message>& network() noexcept { return network_; }
  uint32_t size() const noexcept { return static_cast<uint32_t>(hosts_.size()); }
  membership_core& core(uint32_t node) { return *hosts_[node].core; }
  host_state state(uint32_t node) const { return hosts_[node].state; }
  bool running(uint32_t node) const { return state(node) == host_state::up || state(node) == host_state::paused; }
  /// Its process works: up or leaving.
  bool working(uint32_t node) const { return state(node) == host_state::up || state(node) == host_state::leaving; }
  node_id id(uint32_t node) const { return hosts_[node].id; }

  /// A new process with a greater boot epoch that joins through these nodes and those that it remembers. REQUIRES: it
  /// is not running.
  void start(uint32_t node, const std::vector<uint32_t>& seeds);
  /// `to` starts with the node id, the epochs and the remembered peers of `from` then: its data folder was copied, or
  /// it moved. REQUIRES: `to` is not running.
  void copy_folder(uint32_t from, uint32_t to);
  /// For nodes that start from here on.
  void set_options(membership_options options) { options_ = std::move(options); }
  /// All nodes at once, each knowing all: how a cluster is long after its start.
  void start_all_acquainted();
  /// `refuses`: only the process is gone.
  void crash(uint32_t node, bool refuses);
  void pause(uint32_t node, duration time);
  void leave(uint32_t node);
  void set_local(uint32_t node, local_state state);

  /// Count from here on, for the victim that just went.
  void watch(uint32_t victim);
  /// Running nodes that believe in the death of `victim`, as a share of all running ones.
  double share_aware(uint32_t victim) const;
  /// Times from watch() until this share of the running nodes knew; max while they do not.
  duration time_to_know(double share) const;

  /// Every running node sees exactly the running nodes.
  bool views_are_true() const;
  /// The same, as the share of running nodes whose view is true.
  double share_true() const;
  uint64_t messages_sent() const;
  const false_deaths& wrong() const noexcept { return wrong_; }
  uint64_t refusals() const noexcept { return join_refusals_; }

  void wake(uint64_t token) override;
  void deliver(uint32_t from, uint32_t to, peer_message message) override;

private:
  struct sim_host {
    node_id id{};
    uint64_t epoch = 0;
    host_state state = host_state::off;
    bool ever_paused = false;
    std::unique_ptr<membership_core> core;
    std::vector<std::string> remembered;                  ///< on its disk
    time_point scheduled = time_point::max();             ///< of the one wake-up that counts
    std::vector<std::pair<uint32_t, peer_message>> inbox; ///< while paused
  };

  void make(uint32_t node);
  void tick(uint32_t node);
  void resume(uint32_t node);
  /// Does what the core wants, and arms its next wake-up.
  void act(uint32_t node);
  void note(uint32_t viewer, const member_event& event);
  void arm(uint32_t node);
  static uint32_t node_at(const std::string& address);

  sim_world world_;
  membership_options options_;
  sim_network<peer_message> network_;
  std::vector<sim_host> hosts_;
  effect_list effects_;
  effect_list acting_;
  false_deaths wrong_;
  uint64_t retired_sent_ = 0; ///< by cores of former processes
  uint64_t join_refusals_ = 0;
  uint32_t victim_ = UINT32_MAX;
  time_point watched_at_{};
  std::vector<duration> known_after_;
};

} // namespace weft::sim
