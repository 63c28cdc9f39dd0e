#pragma once

#include "node/grpc/authentication.hpp"
#include "node/grpc/published.hpp"
#include "node/grpc/rpc_log.hpp"
#include "node/grpc/stream_registry.hpp"
#include "node/grpc/stream_share.hpp"
#include "runtime/job/context.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/meter.hpp"
#include "runtime/ports/node_view.hpp"

#include <grpcpp/server_context.h>

#include <atomic>

namespace weft {

/// What all services of a node share: where calls go, who may call, who counts, who logs.
/// Shared, because a stream's calls may come back after the server is gone.
struct edge {
  ingress& entrance;
  std::shared_ptr<const node_view> view;
  std::shared_ptr<weft::meter> meter;
  rpc_log_ptr log; ///< never null
  published<key_ring> keys{std::make_shared<const key_ring>()};
  stream_registry streams;
  stream_share share{stream_share_limits{}};
  /// For answers to unary RPCs, from their requests until gRPC is done with them: a client need not read what it asked
  /// for, and what it does not read stays here.
  std::shared_ptr<byte_budget> replies = std::make_shared<byte_budget>(268'435'456);
  /// For the texts of submissions, until they are durable.
  std::shared_ptr<byte_budget> submissions = std::make_shared<byte_budget>(268'435'456);
  /// For the windows that compress streams gather, one a stream: a piece of it waits for the next message, so it must
  /// not stand in the way of others as texts under way do.
  std::shared_ptr<byte_budget> windows = std::make_shared<byte_budget>(67'108'864);
  std::atomic<bool> draining{false};                  ///< no new work is taken
  std::shared_ptr<const std::atomic<bool>> current{}; ///< no work is taken before it is true; null: it is
};

/// Lets an RPC in: checks its key and role, and fills in its context from deadline and metadata (`x-request-id`, made
/// here where the client gives none; `x-weft-priority`; `traceparent`). Sends the request id back as initial metadata,
/// also where the RPC is refused (out.request_id is set then, too): errc::unauthenticated, errc::permission_denied,
/// errc::invalid_argument (priority). Where the node has keys, high priority needs an operator's. least: the role that
/// the RPC needs there. REQUIRES: called in
/// the handler, once, before anything is sent.
status enter(edge& edge, grpc::CallbackServerContext& rpc, role least, context& out);

/// As enter() for a client, for an RPC that brings work: errc::unavailable, too, while the node does not know yet what
/// the other nodes changed while it was away: it might serve what they have cleared.
status enter_work(edge& edge, grpc::CallbackServerContext& rpc, context& out);

/// The RPC's deadline on the node's steady clock; max when there is none within a year.
time_point deadline_of(const grpc::CallbackServerContext& rpc);

/// The reader of the node's steady clock at the edge (the actors have their own).
time_point edge_now() noexcept;

} // namespace weft
