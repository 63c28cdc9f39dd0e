#pragma once

#include "node/grpc/credentials.hpp"
#include "node/grpc/rpc_log.hpp"
#include "node/peer/ask_call.hpp"
#include "node/peer/entries_service.hpp"
#include "node/peer/job_peer_service.hpp"
#include "node/peer/model_service.hpp"
#include "node/peer/rank_service.hpp"
#include "node/peer/report_service.hpp"
#include "node/peer/settings_service.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/meter.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weft {

struct peer_server_options {
  std::string listen = "127.0.0.1:0"; ///< HOST:PORT; port 0 picks one
  std::optional<tls_files> tls;
  bool allow_plaintext = false;         ///< also on addresses that are not loopback, without tls
  std::string cluster_id;               ///< whose settings are shared
  peer_settings_door settings;          ///< empty: none are kept here
  load_look load;                       ///< told with every good answer; empty: it is not told
  own_report report;                    ///< what other nodes show their operators; empty: nothing
  entries_door entries;                 ///< empty: there is no cache
  jobs_asked jobs;                      ///< empty: this node keeps no jobs
  rpc_log log;                          ///< told how each request ended; may be empty
  std::shared_ptr<model_service> model; ///< null: this node gives its model to nobody

  std::shared_ptr<rank_desk> ranks;                         ///< null: this node has no ranks
  std::chrono::milliseconds rank_patience = rank_meet_time; ///< how long a stream may wait for its rank

  uint32_t message_bytes_max = 33'554'432;    ///< of one request
  uint64_t memory_bytes_max = 1'073'741'824;  ///< of gRPC's own buffers, all connections together
  uint32_t calls_per_connection_max = 16'384; ///< more wait at the asker
};

/// Answers other nodes (weft.peer.v1.PeerService). Owned by main; its members may be called from any thread, but
/// start() and shutdown() once each. REQUIRES: `entrance` outlives it.
class peer_server {
public:
  peer_server(const peer_server_options& options, ingress& entrance, std::shared_ptr<meter> meter);
  ~peer_server();
  peer_server(const peer_server&) = delete;
  peer_server& operator=(const peer_server&) = delete;

  /// Listens and serves; the value is the bound port. Fails as grpc_server::start() does.
  result<uint16_t> start();

  /// Takes no new requests, waits until those in flight are answered or `grace` is over, then cancels the rest. Blocks.
  void shutdown(std::chrono::milliseconds grace);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
