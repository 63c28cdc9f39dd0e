#pragma once

#include "actors/actor_tree.hpp"
#include "node/config/config.hpp"
#include "node/data_dir.hpp"
#include "node/devices/device_model.hpp"
#include "node/events.hpp"
#include "node/exit_code.hpp"
#include "node/grpc/published.hpp"
#include "node/grpc/server.hpp"
#include "node/http/http_server.hpp"
#include "node/logging/node_log.hpp"
#include "node/metrics/device_collector.hpp"
#include "node/metrics/node_meter.hpp"
#include "node/model_side.hpp"
#include "node/peer/boot_record.hpp"
#include "node/peer/grpc_job_link.hpp"
#include "node/peer/grpc_rank_carrier.hpp"
#include "node/peer/settings_link.hpp"
#include "node/peer_side.hpp"
#include "node/settings_store.hpp"
#include "runtime/ports/backup_door.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace weft {

/// All parts of a node, put together: the composition root. Starts them in the order data folder, model files, actors,
/// gRPC, HTTP, the side of the peers; stops them in reverse. Used by the main thread alone; posts to the events what
/// its parts report.
class running_node {
public:
  struct inputs {
    node_config config;
    std::map<std::string, std::string> environment;
    std::shared_ptr<node_log> log;
    event_source* events = nullptr; ///< outlives the node
  };

  /// Listens when it returns, but is ready only when loaded(), after announce().
  /// Fails with the message for the operator.
  static result<std::unique_ptr<running_node>> start(inputs in);
  ~running_node();
  running_node(const running_node&) = delete;
  running_node& operator=(const running_node&) = delete;

  /// False while the model loads. When that fails, node_event::model_failed is posted before this becomes true. Also
  /// false until the settings are current (settings_options::current), and until the log of jobs is read: other nodes
  /// count on a member for the segments that it owns.
  bool loaded() const {
    return tree_->view()->snapshot()->state == node_state::serving && *settings_current_ && jobs_read();
  }

  /// Tells health checks that the node serves, and logs the "ready" line.
  void announce();

  /// All or nothing: applies what can change while running, and logs what changed and what needs a restart.
  void reload(const node_config& wanted);

  /// What node_event::settings asks for: the cluster's settings have changed.
  void apply_settings();

  /// Not ready from now on, no new calls; posts node_event::drained when none is in flight.
  void begin_drain();
  /// Says goodbye to the cluster; posts node_event::left when everyone should know, within 2 s.
  void leave() { peers_->leave(); }
  void keep_known_peers(const std::string& addresses) const { peers_->keep_known_peers(addresses); }
  uint64_t calls_in_flight() const { return tree_->view()->snapshot()->calls_in_flight; }

  /// Closes the client listener: waits for streams up to `grace`, then cancels them. code: what the process ends with.
  void stop(std::chrono::milliseconds grace, exit_code code);

  const node_config& config() const noexcept { return in_.config; }

private:
  explicit running_node(inputs in) : in_(std::move(in)) {}
  bool jobs_read() const { return !in_.config.jobs.enabled || tree_->count_jobs().kept; }
  status open_parts();
  status open_settings();
  settings_options make_settings_options();
  status open_jobs(tree_options& options);
  status start_tree(const std::filesystem::path& model_directory, const std::string& model_version);
  status start_listeners();

  inputs in_;
  std::atomic<bool> draining_{false};
  /// What the process ends with where threads that hang have to be left behind: nobody can return it then.
  std::shared_ptr<std::atomic<exit_code>> ends_with_ = std::make_shared<std::atomic<exit_code>>(exit_code::failed);
  uint16_t client_port_ = 0;
  std::unique_ptr<data_dir> data_;
  std::unique_ptr<model_side> model_;
  boot_record identity_;
  std::shared_ptr<settings_store> settings_;
  std::shared_ptr<settings_link> settings_link_;
  std::shared_ptr<report_link> reports_; ///< its rounds end in grpc_
  process_look look_;
  /// What the settings mean, as their keeper told last; never null.
  std::shared_ptr<published<settings_effects>> effects_ =
      std::make_shared<published<settings_effects>>(std::make_shared<const settings_effects>());
  /// auth.api_keys, as they are now.
  std::shared_ptr<published<std::vector<api_key>>> configured_keys_ =
      std::make_shared<published<std::vector<api_key>>>(std::make_shared<const std::vector<api_key>>());
  std::shared_ptr<std::atomic<bool>> settings_current_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<prometheus::Registry> registry_;
  std::shared_ptr<node_meter> meter_;
  device_use devices_; ///< without a module: the CPU serves
  devices_look device_reports_;
  std::shared_ptr<membership_collector> membership_ = std::make_shared<membership_collector>();
  std::shared_ptr<grpc_peer_link> link_;
  std::shared_ptr<grpc_entry_link> entries_;
  std::shared_ptr<grpc_job_link> job_link_;  ///< null: this node keeps no jobs
  std::shared_ptr<grpc_rank_carrier> ranks_; ///< null: the same
  backup_door backups_;                      ///< empty: the same
  std::function<void()> stop_backups_;       ///< empty: the same
  std::unique_ptr<actor_tree> tree_;
  std::unique_ptr<grpc_server> grpc_;
  std::unique_ptr<http_server> http_;
  std::unique_ptr<peer_side> peers_;
};

} // namespace weft
