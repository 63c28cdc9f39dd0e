#pragma once

#include "runtime/jobs/jobs_core.hpp"
#include "tests/sim/sim_job_disk.hpp"
#include "tests/sim/sim_network.hpp"
#include "tests/sim/sim_world.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft::sim {

/// A question or an answer between two processes.
struct job_message {
  uint64_t ticket = 0;  ///< of the asker
  uint64_t process = 0; ///< that asked
  std::variant<job_request, result<job_answer>> body;
};

/// What came of a text on every engine of the cluster: a fixed function of it. A text that begins with "poison" makes
/// every engine fail, one with "bad" is not valid UTF-8, one with "heavy" fails on about half of the nodes. One that
/// begins with "corpus" or "heavy corpus" has a vector as corpora have them.
item_outcome expected_outcome(const std::string& text);

/// Nodes 0 … n−1, each a real jobs_core on a disk of its own, on one simulated network. The harness plays actor,
/// transport, engine and failure detector, and knows the truth; device groups: sim_device_groups. The detector is an
/// oracle with delays: each node sees another one dead some seconds after it is out of its reach, and alive about a
/// second after it is back, each by its own clock, so that views differ. REQUIRES: at most 16 nodes.
class jobs_cluster final : public sim_process, public sim_network<job_message>::receiver {
public:
  /// What a client is told by a node.
  using client_effects = std::function<void(uint32_t node, jobs_effect effect)>;

  jobs_cluster(uint64_t seed, uint32_t nodes, jobs_options options = {});

  sim_world& world() noexcept { return world_; }
  sim_network<job_message>& network() noexcept { return network_; }
  uint32_t size() const noexcept { return static_cast<uint32_t>(hosts_.size()); }
  bool up(uint32_t node) const { return hosts_[node].core != nullptr; }
  /// REQUIRES: up(node).
  jobs_core& core(uint32_t node) { return *hosts_[node].core; }
  sim_job_disk& disk(uint32_t node) { return hosts_[node].disk; }
  node_id id(uint32_t node) const { return hosts_[node].id; }
  boot_epoch boot(uint32_t node) const { return boot_epoch{hosts_[node].epoch}; }
  job_time now(uint32_t node) const;
  void on_client_effect(client_effects effects) { client_effects_ = std::move(effects); }
  /// Does what nodes want of corpora; empty: nobody does.
  void on_corpus_effect(std::function<void(uint32_t node, corpus_effect&)> corpora) { corpora_ = std::move(corpora); }
  /// Called with each header as it becomes synced on a node.
  void on_header_synced(std::function<void(const job_header&)> told) { header_synced_ = std::move(told); }
  uint64_t next_number() noexcept { return ++last_number_; } ///< of submissions, readers, watches

  /// A new process that reads its disk and finds the others.
  void start(uint32_t node);
  /// The process goes. `refuses`: its machine is there and refuses connections; otherwise silence.
  void crash(uint32_t node, bool refuses);
  /// It is dead for ever, or says that it stops.
  void set_condition(uint32_t node, member_condition condition);
  /// One direction.
  void cut(uint32_t from, uint32_t to, bool is_cut = true);
  void heal_links();
  /// Its runs end only after that.
  void stall_engine(uint32_t node, duration time);
  /// The process stands still, as at SIGSTOP: what comes waits for it, and it wakes to all of it at once.
  void pause(uint32_t node, duration time);
  void wake_up(uint32_t node);
  bool paused(uint32_t node) const { return hosts_[node].paused_until > world_.now(); }
  /// A share of the messages with bodies arrive with a byte of one changed.
  void set_corruption(double share) { corruption_ = share; }
  void set_disk_delay(uint32_t node, duration most) { hosts_[node].disk_delay = most; }

  /// Calls it with the node's core, after a time, as soon as that is awake, unless the process is gone by then.
  using input = std::function<void(jobs_core&, job_time)>;
  void call(uint32_t node, input what) { call(node, {}, std::move(what)); }
  void call(uint32_t node, duration time, input what);
  void later(duration time, std::function<void()> what);

  /// What a node sees of the members.
  cluster_view_ptr view(uint32_t node) const;
  /// Both are up and awake, and no direction between them is cut.
  bool connected(uint32_t a, uint32_t b) const;
  /// Since when no other node hears it, or it hears none: it cannot get an answer to what it asked since. Nothing: it
  /// can.
  std::optional<time_point> isolated_since(uint32_t node) const;
  /// All nodes are up and each sees all.
  bool views_are_true() const;
  /// All nodes are up and know the same headers.
  bool tables_are_equal();
  /// Why the former is not so.
  std::string table_difference();

  uint64_t items_computed() const noexcept { return items_computed_; }
  uint64_t bytes_sent() const noexcept { return bytes_sent_; }

  void wake(uint64_t token) override;
  void deliver(uint32_t from, uint32_t to, job_message message) override;

private:
  struct seen_node { // one by another
    bool known = false;
    member_condition condition = member_condition::dead;
    boot_epoch epoch{};
    bool was_connected = false;
    time_point changes_at{}; ///< the detector has made up its mind
  };
  struct open_ask {
    uint32_t to = 0;
  };
  struct machine {
    node_id id{};
    uint64_t epoch = 0;
    uint64_t process = 0; ///< 0: none
    bool refuses = true;
    member_condition condition = member_condition::serving;
    std::unique_ptr<jobs_core> core;
    sim_job_disk disk;
    duration disk_delay = std::chrono::milliseconds{2};
    time_point disk_free{};
    time_point engine_free{};
    time_point paused_until{};
    std::vector<std::function<void()>> missed; ///< while it was paused
    duration clock_skew{};
    time_point scheduled = time_point::max();
    std::vector<seen_node> seen;
    uint64_t view_version = 0;
    std::map<uint64_t, open_ask> asks;                              ///< by ticket
    std::map<uint64_t, std::pair<uint32_t, job_message>> questions; ///< by exchange: who asked what
    std::optional<time_point> mute_since;                           ///< no other node hears it
    std::optional<time_point> deaf_since;                           ///< it hears no other node
  };

  void act(uint32_t node);
  void arm(uint32_t node);
  void take(uint32_t node, jobs_effect& effect);
  void write(uint32_t node, write_log effect);
  void read(uint32_t node, read_log effect);
  void ask(uint32_t node, ask_node effect);
  void answer(uint32_t node, answer_node effect);
  void run(uint32_t node, const run_texts& effect);
  bool corrupted(job_message& message);
  void fail_ask(uint32_t node, uint64_t process, uint64_t ticket, const char* why);
  void detect();
  bool detect(uint32_t viewer, uint32_t other);
  void publish_view(uint32_t node);
  void note_isolation();
  /// Calls it if the process is still there then.
  template <class Function> void later_in(uint32_t node, duration time, Function function);

  sim_world world_;
  jobs_options options_;
  sim_network<job_message> network_;
  std::vector<machine> hosts_;
  std::vector<std::vector<bool>> cut_;
  client_effects client_effects_;
  std::function<void(uint32_t node, corpus_effect&)> corpora_;
  std::function<void(const job_header&)> header_synced_;
  std::map<uint64_t, std::function<void()>> pending_;
  uint64_t last_pending_ = 0;
  uint64_t last_number_ = 0;
  uint64_t last_process_ = 0;
  double corruption_ = 0;
  uint64_t items_computed_ = 0;
  uint64_t bytes_sent_ = 0;
};

} // namespace weft::sim
