#include "node/grpc/rpc_call.hpp"

#include "node/grpc/wire_error.hpp"

namespace weft {
namespace {

// About the time in which clients read some answers.
constexpr std::chrono::milliseconds reply_retry_after{100};

} // namespace

void embed_reactor::OnCancel() {
  const auto alive = call_.lock();
  if (!alive)
    return;
  // The answer ends the RPC at once, so that a node which stops need not wait for the actors to look at the call;
  // they see that it has ended, and drop it with its place in the queue.
  alive->cancel();
  alive->fail(why_unanswered(*alive));
}

unary_answer::unary_answer(grpc::CallbackServerContext& rpc, grpc::ServerUnaryReactor& reactor, grpc::ByteBuffer& out,
                           const edge& edge, std::string_view operation)
    : rpc_(&rpc), reactor_(&reactor), out_(&out), meter_(edge.meter), log_(edge.log), operation_(operation),
      began_(edge_now()) {}

void unary_answer::send(grpc::ByteBuffer message, const context& context, const call_times& times) {
  out_->Swap(&message);
  const auto total = elapsed();
  meter_->call_ended(operation_, errc::none, total, times);
  (*log_)({.operation = operation_, .context = context, .total = total});
  std::exchange(reactor_, nullptr)->Finish(grpc::Status::OK);
}

void unary_answer::fail(const failure& reason, const context& context) {
  const auto total = elapsed();
  meter_->call_ended(operation_, reason.code, total, {});
  (*log_)({.operation = operation_, .context = context, .reason = &reason, .total = total});
  std::exchange(reactor_, nullptr)->Finish(to_status(reason, *rpc_));
}

failure why_unanswered(const call& dropped) {
  if (!dropped.ended())
    return {errc::unavailable, "the call was lost inside the node"};
  if (edge_now() >= dropped.context().deadline) // gRPC cancels at the deadline, too
    return {errc::deadline_exceeded, "the call's deadline passed"};
  return {errc::cancelled, "the client cancelled the call"};
}

rpc_call::rpc_call(weft::context context, embed_message message, unary_answer answer, embed_reactor& reactor,
                   const embed_codec& codec)
    : call(std::move(context), std::move(message.request)), answer_(std::move(answer)), reactor_(reactor),
      codec_(codec), encoding_(message.encoding) {}

rpc_call::~rpc_call() {
  if (!answered())
    on_fail(why_unanswered(*this));
}

void rpc_call::on_reply(embed_result&& value) noexcept {
  reactor_.keep_call();
  answer_.send(codec_.write(request(), encoding_, value, answer_.elapsed()), context(), value.times);
}

void rpc_call::on_fail(failure&& reason) noexcept {
  reactor_.keep_call();
  answer_.fail(reason, context());
}

grpc::ServerUnaryReactor* start_embed(edge& edge, const embed_codec& codec, grpc::CallbackServerContext& rpc,
                                      const grpc::ByteBuffer& in, grpc::ByteBuffer& out) {
  auto* reactor = new embed_reactor; // OnDone() deletes it
  unary_answer answer(rpc, *reactor, out, edge, codec.operation);
  const auto refuse = [&](const failure& reason, const context& caller) {
    answer.fail(reason, caller);
    return reactor;
  };
  context caller;
  if (auto entered = enter_work(edge, rpc, caller); !entered)
    return refuse(entered.error(), caller);
  if (edge.draining)
    return refuse({errc::draining, "the node takes no new calls"}, caller);
  auto message = codec.read(in, *edge.view);
  // The texts are strings of their own now; gRPC would keep the message until the RPC ends.
  const_cast<grpc::ByteBuffer&>(in).Clear();
  if (!message)
    return refuse(message.error(), caller);
  const uint64_t reply_bytes = message->request.texts.size() * item_bytes;
  if (!edge.replies->take(reply_bytes))
    return refuse({errc::overloaded, "answers that clients have not read fill the node", {}, reply_retry_after},
                  caller);
  reactor->hold({edge.replies, reply_bytes});
  auto call = std::make_shared<rpc_call>(std::move(caller), *std::move(message), std::move(answer), *reactor, codec);
  reactor->watch(call);
  edge.entrance.submit(std::move(call));
  return reactor;
}

} // namespace weft
