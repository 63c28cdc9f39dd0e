#pragma once

#include "actors/actor_tree.hpp"
#include "node/config/config.hpp"
#include "node/events.hpp"
#include "node/grpc/process_facts.hpp"
#include "node/grpc/published.hpp"
#include "node/logging/node_log.hpp"
#include "node/metrics/membership_collector.hpp"
#include "node/peer/boot_record.hpp"
#include "node/peer/detector.hpp"
#include "node/peer/grpc_entry_link.hpp"
#include "node/peer/grpc_peer_link.hpp"
#include "node/peer/grpc_rank_carrier.hpp"
#include "node/peer/peer_server.hpp"
#include "node/peer/report_link.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weft {

/// The node among the others: answers them, makes itself known, tells the actors who is there, logs who comes and goes.
/// Used by the main thread alone.
class peer_side {
public:
  struct inputs {
    const node_config* config = nullptr;
    boot_record identity;
    std::filesystem::path data;           ///< the data folder
    std::string client_address;           ///< HOST:PORT where clients reach this node
    actor_tree* tree = nullptr;           ///< outlives it
    std::shared_ptr<grpc_peer_link> link; ///< is told of the members
    std::shared_ptr<report_link> reports; ///< as well
    process_look look;
    std::shared_ptr<grpc_entry_link> entries; ///< null: there is no cache
    std::shared_ptr<model_service> model;     ///< what it gives to nodes that lack it
    std::shared_ptr<grpc_rank_carrier> ranks; ///< null: this node takes no part in communicators
    std::shared_ptr<meter> counts;
    std::function<void(bool)> show_alone; ///< called on the detector's thread
    std::shared_ptr<membership_collector> figures;
    std::shared_ptr<node_log> log;
    event_source* events = nullptr; ///< outlives it
  };
  /// Listens for other nodes and begins to join. Fails with the message for the operator.
  static result<std::unique_ptr<peer_side>> start(const inputs& in);
  ~peer_side();
  peer_side(const peer_side&) = delete;
  peer_side& operator=(const peer_side&) = delete;

  /// HOST:PORT, as others know it.
  const std::string& address() const noexcept { return detector_->address(); }

  /// Takes no requests of other nodes from now on, and ends those that are not answered within `grace`. Blocks.
  void stop(std::chrono::milliseconds grace);

  /// What the others are told, at once.
  void set_phase(member_phase phase);

  /// What node_event::known_peers brought, for the next start.
  void keep_known_peers(const std::string& addresses) const;

  /// Says goodbye; posts node_event::left when everyone should know.
  void leave();

private:
  peer_side() = default;
  detector_listener make_listener(const inputs& in);

  std::atomic<member_phase> phase_{member_phase::starting};
  event_source* events_ = nullptr;
  std::filesystem::path data_;
  std::shared_ptr<grpc_peer_link> link_;
  std::shared_ptr<grpc_entry_link> entries_;
  std::shared_ptr<grpc_rank_carrier> ranks_;
  /// Data addresses of live members, this node's first.
  std::shared_ptr<published<std::vector<std::string>>> data_addresses_;
  std::unique_ptr<peer_server> server_;
  std::unique_ptr<detector> detector_; // goes first: it calls the others
};

} // namespace weft
