#pragma once

#include "node/grpc/edge.hpp"
#include "runtime/ports/documents.hpp"
#include "weft/v1/compress.grpc.pb.h"

#include <memory>
#include <utility>

namespace weft {

/// weft.v1.CompressService: converts, and passes on. The methods are raw: texts of any bytes are taken (wire_reader
/// says why). Owned by grpc_server; called from gRPC's threads.
class compress_service final
    : public v1::CompressService::WithRawCallbackMethod_Compress<
          v1::CompressService::WithRawCallbackMethod_CompressStream<
              v1::CompressService::WithRawCallbackMethod_EditDocument<v1::CompressService::Service>>> {
public:
  /// documents: null: the node keeps none, and what is about them is answered errc::unavailable. items_max: texts and
  /// handles of one call.
  compress_service(std::shared_ptr<edge> edge, std::shared_ptr<document_store> documents, uint32_t items_max)
      : edge_(std::move(edge)), documents_(std::move(documents)), items_max_(items_max) {}

  grpc::ServerUnaryReactor* Compress(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                     grpc::ByteBuffer* out) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
  CompressStream(grpc::CallbackServerContext* rpc) override;
  grpc::ServerUnaryReactor* EditDocument(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override;

private:
  const std::shared_ptr<edge> edge_;
  const std::shared_ptr<document_store> documents_;
  const uint32_t items_max_;
};

} // namespace weft
