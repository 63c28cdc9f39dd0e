#include "node/grpc/embed_service.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/embed_stream.hpp"
#include "node/grpc/rpc_call.hpp"

namespace weft {
namespace {

constexpr embed_codec codec{"embed", read_embed_request, write_embed_reply};
class embed_stream_codec final : public stream_codec {
public:
  std::string_view operation() const noexcept override { return "embed_stream"; }
  result<embed_request> read(const grpc::ByteBuffer& message, const node_view&) override {
    return read_embed_stream_request(message, first_);
  }
  std::vector<grpc::ByteBuffer> write(const stream_group& group, const embed_request&, const embed_result& result,
                                      std::chrono::nanoseconds total) const override {
    return write_embed_stream_replies(group.first, first_->encoding, result, total);
  }
  std::optional<grpc::ByteBuffer> write_error(const stream_group& group, const embed_request&,
                                              const failure& reason) const override {
    return write_embed_stream_error(group.first, reason);
  }

private:
  std::optional<embed_message> first_; // what the first message fixed; unchanged once a text came
};

} // namespace

grpc::ServerUnaryReactor* embed_service::Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                               grpc::ByteBuffer* out) {
  return start_embed(*edge_, codec, *rpc, *in, *out);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
embed_service::EmbedStream(grpc::CallbackServerContext* rpc) {
  return start_stream(edge_, std::make_unique<embed_stream_codec>(), limits_, *rpc);
}

} // namespace weft
