#include "node/grpc/rpc_call.hpp"

#include "node/grpc/wire_error.hpp"

namespace weft {
namespace {

/// gRPC's side of a unary RPC: tells the call that the client has gone, and goes itself when gRPC is done with it.
class unary_reactor final : public grpc::ServerUnaryReactor {
public:
  /// REQUIRES: the handler has not returned the reactor yet.
  void watch(std::weak_ptr<call> watched) noexcept { call_ = std::move(watched); }

private:
  void OnCancel() override {
    const auto alive = call_.lock();
    if (!alive)
      return;
    // The answer ends the RPC at once, so that a node which stops need not wait for the actors to look at the call;
    // they see that it has ended, and drop it with its place in the queue.
    alive->cancel();
    alive->fail(why_unanswered(*alive));
  }
  void OnDone() override { delete this; }

  // Else gRPC wakes a thread of its executor for the reactions above, in every call, though all they do is a `delete`.
  bool InternalInlineable() override { return true; }

  std::weak_ptr<call> call_; // weak: only the actors' hold on the call decides when it is lost
};

} // namespace

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

rpc_call::rpc_call(weft::context context, embed_request request, unary_answer answer, const embed_codec& codec)
    : call(std::move(context), std::move(request)), answer_(std::move(answer)), codec_(codec) {}

rpc_call::~rpc_call() {
  if (!answered())
    on_fail(why_unanswered(*this));
}

void rpc_call::on_reply(embed_result&& value) noexcept {
  answer_.send(codec_.write(request(), value, answer_.elapsed()), context(), value.times);
}

void rpc_call::on_fail(failure&& reason) noexcept {
  answer_.fail(reason, context());
}

grpc::ServerUnaryReactor* start_embed(edge& edge, const embed_codec& codec, grpc::CallbackServerContext& rpc,
                                      const grpc::ByteBuffer& in, grpc::ByteBuffer& out) {
  auto* reactor = new unary_reactor; // OnDone() deletes it
  unary_answer answer(rpc, *reactor, out, edge, codec.operation);
  context caller;
  if (auto entered = enter(edge, rpc, role::client, caller); !entered) {
    answer.fail(entered.error(), caller);
    return reactor;
  }
  auto request = codec.read(in, *edge.view);
  // The texts are strings of their own now; gRPC would keep the message until the RPC ends.
  const_cast<grpc::ByteBuffer&>(in).Clear();
  if (!request) {
    answer.fail(request.error(), caller);
    return reactor;
  }
  auto call = std::make_shared<rpc_call>(std::move(caller), *std::move(request), std::move(answer), codec);
  reactor->watch(call);
  edge.entrance.submit(std::move(call));
  return reactor;
}

} // namespace weft
