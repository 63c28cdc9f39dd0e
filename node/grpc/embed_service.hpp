#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/stream_core.hpp"
#include "weft/v1/embed.grpc.pb.h"

namespace weft {

/// weft.v1.EmbedService. The methods are raw: they see the message's bytes and read them themselves (wire_reader says
/// why). Owned by grpc_server; called from gRPC's threads.
class embed_service final : public v1::EmbedService::WithRawCallbackMethod_Embed<
                                v1::EmbedService::WithRawCallbackMethod_EmbedStream<v1::EmbedService::Service>> {
public:
  embed_service(std::shared_ptr<edge> edge, const stream_limits& limits) : edge_(std::move(edge)), limits_(limits) {}

  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                  grpc::ByteBuffer* out) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* EmbedStream(grpc::CallbackServerContext* rpc) override;

private:
  const std::shared_ptr<edge> edge_;
  const stream_limits limits_;
};

} // namespace weft
