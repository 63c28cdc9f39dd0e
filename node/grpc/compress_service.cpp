#include "node/grpc/compress_service.hpp"

#include "node/grpc/compress_gather.hpp"
#include "node/grpc/compress_stream.hpp"
#include "node/grpc/convert_compress.hpp"

namespace weft {
namespace {

constexpr uint64_t edit_reply_bytes = 1'024;
constexpr std::chrono::milliseconds reply_retry_after{100};

} // namespace

grpc::ServerUnaryReactor* compress_service::Compress(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                     grpc::ByteBuffer* out) {
  return start_compress(edge_, documents_, items_max_, *rpc, *in, *out);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
compress_service::CompressStream(grpc::CallbackServerContext* rpc) {
  return start_stream(edge_, std::make_unique<compress_stream_codec>(edge_->windows), compress_stream_limits, *rpc);
}

/// A client that goes away changes nothing: the edit is done, and the handle is the same when it asks again.
grpc::ServerUnaryReactor* compress_service::EditDocument(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                         grpc::ByteBuffer* out) {
  auto* reactor = new embed_reactor; // OnDone() deletes it, and gives back the credit of an answer that was read
  const auto waiting = std::make_shared<later_answer>(unary_answer(*rpc, *reactor, *out, *edge_, "edit_document"));
  const auto refuse = [&](const failure& why) -> grpc::ServerUnaryReactor* {
    waiting->finish.fail(why, waiting->caller);
    return reactor;
  };
  if (auto entered = enter_work(*edge_, *rpc, waiting->caller); !entered)
    return refuse(entered.error());
  if (edge_->draining)
    return refuse({errc::draining, "the node takes no new calls"});
  auto edit = read_edit_document(*in);
  const_cast<grpc::ByteBuffer*>(in)->Clear(); // gRPC would keep the text until the RPC ends
  if (!edit)
    return refuse(edit.error());
  if (!documents_)
    return refuse({errc::unavailable, "this node keeps no documents"});
  if (!edge_->replies->take(edit_reply_bytes))
    return refuse({errc::overloaded, "answers that clients have not read fill the node", {}, reply_retry_after});
  reactor->hold({edge_->replies, edit_reply_bytes});
  documents_->edit(waiting->caller, *std::move(edit), [waiting](const result<document_state>& document) {
    if (document)
      waiting->finish.send(write_edit_document(*document), waiting->caller);
    else
      waiting->finish.fail(document.error(), waiting->caller);
  });
  return reactor;
}

} // namespace weft
