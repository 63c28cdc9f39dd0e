#include "node/grpc/tei_service.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/embed_stream.hpp"
#include "node/grpc/rpc_call.hpp"

namespace weft {
namespace {

constexpr embed_codec codec{"tei_embed", read_tei_request, write_tei_reply};
class tei_stream_codec final : public stream_codec {
public:
  std::string_view operation() const noexcept override { return "tei_embed_stream"; }
  result<embed_request> read(const grpc::ByteBuffer& message, const node_view& view) override {
    auto out = read_tei_request(message, view); // each message has options of its own
    if (!out)
      return out.error();
    return std::move(out->request);
  }
  std::vector<grpc::ByteBuffer> write(const stream_group&, const embed_request& request, const embed_result& result,
                                      std::chrono::nanoseconds total) const override {
    return write_tei_stream_replies(request, result, total);
  }
  std::optional<grpc::ByteBuffer> write_error(const stream_group&, const embed_request&,
                                              const failure&) const override {
    return std::nullopt; // the API has none
  }
};

result<grpc::ByteBuffer> info_reply(const node_snapshot& node, const tei_limits& limits) {
  if (node.models.empty())
    return failure{errc::unknown_model, "this node has no model"};
  const auto& model = node.models.front(); // the default
  if (model.state == model_state::failed)
    return failure{errc::model_unusable, model.problem};
  if (model.info.dimensions == 0)
    return failure{errc::model_loading, "the model is not loaded yet"};
  return write_tei_info(node, model.info, limits);
}

} // namespace

grpc::ServerUnaryReactor* tei_info_service::Info(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                 grpc::ByteBuffer* out) {
  return answer_at_once(*edge_, "tei_info", role::client, *rpc, *out,
                        [this] { return info_reply(*edge_->view->snapshot(), limits_); });
}

grpc::ServerUnaryReactor* tei_embed_service::Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                   grpc::ByteBuffer* out) {
  return start_embed(*edge_, codec, *rpc, *in, *out);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
tei_embed_service::EmbedStream(grpc::CallbackServerContext* rpc) {
  return start_stream(edge_, std::make_unique<tei_stream_codec>(), limits_, *rpc);
}

} // namespace weft
