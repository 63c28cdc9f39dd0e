#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/node_identity.hpp"
#include "node/grpc/stream_core.hpp"
#include "tei/v1/tei.grpc.pb.h"

namespace weft {

/// tei.v1.Info: the default model and the limits, in the words of text-embeddings-inference.
class tei_info_service final : public tei::v1::Info::WithRawCallbackMethod_Info<tei::v1::Info::Service> {
public:
  tei_info_service(std::shared_ptr<edge> edge, const tei_limits& limits) : edge_(std::move(edge)), limits_(limits) {}

  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                 grpc::ByteBuffer* out) override;

private:
  const std::shared_ptr<edge> edge_;
  const tei_limits limits_;
};

/// tei.v1.Embed on the default model. Its stream has no way to say that one text failed, so that ends it with a status.
class tei_embed_service final : public tei::v1::Embed::WithRawCallbackMethod_Embed<
                                    tei::v1::Embed::WithRawCallbackMethod_EmbedStream<tei::v1::Embed::Service>> {
public:
  tei_embed_service(std::shared_ptr<edge> edge, const stream_limits& limits)
      : edge_(std::move(edge)), limits_(limits) {}

  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                  grpc::ByteBuffer* out) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* EmbedStream(grpc::CallbackServerContext* rpc) override;

private:
  const std::shared_ptr<edge> edge_;
  const stream_limits limits_;
};

} // namespace weft
