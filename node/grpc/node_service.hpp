#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/node_identity.hpp"
#include "node/grpc/node_reports.hpp"
#include "node/grpc/process_facts.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <functional>

namespace weft {

/// weft.v1.NodeService. A reply is serialized once per snapshot (about twice a second) and then handed out by
/// reference, so that dashboards and probes cost hardly more than an echo. Owned by grpc_server; called from gRPC's
/// threads.
class node_service final
    : public v1::NodeService::WithRawCallbackMethod_GetNode<v1::NodeService::WithRawCallbackMethod_ListNodes<
          v1::NodeService::WithRawCallbackMethod_DrainNode<v1::NodeService::Service>>> {
public:
  struct hooks {
    process_look look;
    node_report_door reports;    ///< asks the other nodes; empty: there are none
    std::function<void()> drain; ///< asked by an operator; empty where the node cannot
  };
  node_service(std::shared_ptr<edge> edge, const node_identity& identity, hooks given);

  /// From the next snapshot on. Any thread.
  void set_identity(const node_identity& identity);

  grpc::ServerUnaryReactor* GetNode(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                    grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* DrainNode(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override;

private:
  struct replies {
    std::shared_ptr<const node_snapshot> of;
    grpc::ByteBuffer get_node;
    grpc::ByteBuffer list_nodes;
  };
  std::shared_ptr<const replies> current();

  const std::shared_ptr<edge> edge_;
  const hooks hooks_;
  published<node_identity> identity_;
  published<replies> replies_{std::make_shared<const replies>()};
};

} // namespace weft
