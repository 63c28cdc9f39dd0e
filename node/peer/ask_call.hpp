#pragma once

#include "node/grpc/rpc_log.hpp"
#include "node/peer/convert.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/meter.hpp"
#include "weft/peer/v1/data.grpc.pb.h"

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>

namespace weft {

/// How busy this node is at this moment. Any thread.
using load_look = std::function<node_load()>;

/// What all requests of other nodes share.
struct ask_edge {
  ingress& entrance;
  std::shared_ptr<weft::meter> meter;
  rpc_log_ptr log; ///< never null
  load_look load;  ///< told with good answers; empty: not told
};

/// Takes one PeerService.Ask: the call goes into the node, its items go back as they come. The reactor holds itself
/// until gRPC is done with it.
grpc::ServerWriteReactor<peer::v1::AskResponse>* start_ask(ask_edge& edge, grpc::CallbackServerContext& rpc,
                                                           peer::v1::AskRequest& in);

} // namespace weft
