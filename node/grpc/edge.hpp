#pragma once

#include "node/grpc/authentication.hpp"
#include "node/grpc/published.hpp"
#include "node/grpc/rpc_log.hpp"
#include "node/grpc/stream_registry.hpp"
#include "runtime/job/context.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/meter.hpp"
#include "runtime/ports/node_view.hpp"

#include <grpcpp/server_context.h>

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
};

/// Lets an RPC in: checks its key and role, and fills in its context from deadline and metadata (`x-request-id`, made
/// here where the client gives none; `x-weft-priority`; `traceparent`). Sends the request id back as initial metadata,
/// also where the RPC is refused (out.request_id is set then, too): errc::unauthenticated, errc::permission_denied,
/// errc::invalid_argument (priority). least: the role that the RPC needs where the node has keys. REQUIRES: called in
/// the handler, once, before anything is sent.
status enter(edge& edge, grpc::CallbackServerContext& rpc, role least, context& out);

/// The reader of the node's steady clock at the edge (the actors have their own).
time_point edge_now() noexcept;

} // namespace weft
