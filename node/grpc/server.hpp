#pragma once

#include "node/grpc/authentication.hpp"
#include "node/grpc/credentials.hpp"
#include "node/grpc/node_identity.hpp"
#include "node/grpc/node_reports.hpp"
#include "node/grpc/process_facts.hpp"
#include "node/grpc/rpc_log.hpp"
#include "node/grpc/stream_core.hpp"
#include "node/grpc/stream_share.hpp"
#include "runtime/ports/backup_door.hpp"
#include "runtime/ports/cache_lookup.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/compress_table.hpp"
#include "runtime/ports/documents.hpp"
#include "runtime/ports/job_door.hpp"
#include "runtime/ports/meter.hpp"
#include "runtime/ports/node_view.hpp"
#include "runtime/settings/settings_request.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// The way to whoever keeps the cluster's settings: `done` is called once, on any thread.
using settings_door = std::function<void(settings_request, std::function<void(result<settings_rows>)> done)>;

struct grpc_server_options {
  std::vector<std::string> listen{"127.0.0.1:7700"}; ///< HOST:PORT, [V6]:PORT or unix:PATH; port 0 picks one
  std::optional<tls_files> tls;
  bool allow_plaintext = false;  ///< also on addresses that are not loopback, without tls
  std::vector<api_key> api_keys; ///< none: everybody may call
  bool reflection = true;        ///< clients may ask for the API's schema
  node_identity identity;        ///< for NodeService
  tei_limits tei;                ///< for tei.v1.Info
  /// Work is refused with errc::unavailable before it is true. Null: it is.
  std::shared_ptr<const std::atomic<bool>> current;
  settings_door settings;                    ///< for AdminService; empty: it answers errc::unavailable
  cache_lookup_door cached;                  ///< for AdminService; empty: the same for GetCached
  backup_door backups;                       ///< for AdminService; empty: the same for CreateBackup
  compress_table_door compress_table;        ///< for AdminService; empty: the same for DescribePolicy
  std::shared_ptr<job_door> jobs;            ///< for JobService; null: it answers errc::unavailable
  std::shared_ptr<document_store> documents; ///< for CompressService; null: what is about documents is refused
  process_look look = look_at_process;       ///< for NodeService
  node_report_door reports;                  ///< for NodeService, what the other nodes say; empty: there are none
  rpc_log log;                               ///< told how each RPC ended; may be empty
  std::function<void()> drain;               ///< an operator asks for it; must not block; empty: DrainNode is refused

  uint32_t message_bytes_max = 33'554'432;          ///< of one request message; gRPC refuses larger ones
  uint64_t memory_bytes_max = 1'073'741'824;        ///< of gRPC's own buffers, all connections together
  uint32_t calls_per_connection_max = 16'384;       ///< more wait at the client
  uint32_t compress_items_max = 1'024;              ///< texts and handles of one Compress
  uint32_t streams_max = 1'024;                     ///< open streams, all connections together
  stream_limits stream;                             ///< of each
  stream_share_limits share;                        ///< of all together
  uint64_t reply_bytes_max = 268'435'456;           ///< of unary answers, from the request until the client has them
  uint64_t submission_bytes_max = 268'435'456;      ///< of jobs' texts that are not durable, all submissions together
  std::chrono::milliseconds keepalive_time{30'000}; ///< between pings on a silent connection
  std::chrono::milliseconds keepalive_timeout{10'000}; ///< without an answer to a ping, the connection is dead
};

/// The gRPC surface of a node: all services on all listen addresses. Owned by main; its members may be called from
/// any thread, but start() and shutdown() once each. REQUIRES: `entrance` outlives it.
class grpc_server {
public:
  grpc_server(const grpc_server_options& options, ingress& entrance, std::shared_ptr<const node_view> view,
              std::shared_ptr<meter> meter);
  ~grpc_server();
  grpc_server(const grpc_server&) = delete;
  grpc_server& operator=(const grpc_server&) = delete;

  /// Listens and serves; the value is the bound port of the first listen address. Health says NOT_SERVING until
  /// set_serving(true). Fails with errc::invalid_argument (an address, a key, TLS files; plaintext where it is not
  /// allowed) or errc::unavailable (an address cannot be bound: the message says which and why).
  result<uint16_t> start();

  /// What grpc.health.v1 answers for "" and for each service.
  void set_serving(bool serving);

  /// Replaces the API keys; calls already let in go on. Fails as start() does, and keeps the old ones then.
  status set_api_keys(const std::vector<api_key>& keys);

  /// How many streams are not read at the moment, because they or all streams together hold enough.
  uint64_t streams_stopped() const noexcept;

  /// Takes no new calls; streams answer what they have read, and end. `streams_ended` runs once when none is open, here
  /// or on another thread. What streams still send through the ingress must find it open until then. Does not block.
  void drain(std::function<void()> streams_ended);

  /// Takes no new calls, waits until those in flight are answered or `grace` is over, then cancels the rest. Blocks.
  void shutdown(std::chrono::milliseconds grace);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
