#pragma once

#include "node/grpc/rpc_call.hpp"
#include "weft/v1/embed.grpc.pb.h"

namespace weft {

/// weft.v1.EmbedService. The methods are raw: they see the message's bytes and read them themselves (wire_reader says
/// why). Owned by grpc_server; called from gRPC's threads.
class embed_service final : public v1::EmbedService::WithRawCallbackMethod_Embed<v1::EmbedService::Service> {
public:
  explicit embed_service(edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                  grpc::ByteBuffer* out) override;

private:
  edge& edge_;
};

} // namespace weft
