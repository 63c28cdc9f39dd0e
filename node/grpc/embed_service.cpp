#include "node/grpc/embed_service.hpp"

#include "node/grpc/convert.hpp"

namespace weft {
namespace {

constexpr embed_codec codec{"embed", read_embed_request, write_embed_reply};

} // namespace

grpc::ServerUnaryReactor* embed_service::Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                               grpc::ByteBuffer* out) {
  return start_embed(edge_, codec, *rpc, *in, *out);
}

} // namespace weft
