#include "node/grpc/embed_service.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/embed_stream.hpp"
#include "node/grpc/rpc_call.hpp"

namespace weft {
namespace {

constexpr embed_codec codec{"embed", read_embed_request, write_embed_reply};
constexpr stream_codec stream{"embed_stream", read_embed_stream_request, write_embed_stream_replies,
                              write_embed_stream_error};

} // namespace

grpc::ServerUnaryReactor* embed_service::Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                               grpc::ByteBuffer* out) {
  return start_embed(*edge_, codec, *rpc, *in, *out);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
embed_service::EmbedStream(grpc::CallbackServerContext* rpc) {
  return start_stream(edge_, stream, limits_, *rpc);
}

} // namespace weft
