#pragma once

#include "node/grpc/convert.hpp"
#include "node/grpc/edge.hpp"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <string_view>

namespace weft {

/// The answer of one unary RPC: finishes it exactly once, counts it and logs it. Not thread-safe by itself: rpc_call
/// makes sure that only one thread comes here.
class unary_answer {
public:
  /// rpc, reactor and out live until the RPC is finished, not longer.
  /// operation: of the metrics, a literal.
  unary_answer(grpc::CallbackServerContext& rpc, grpc::ServerUnaryReactor& reactor, grpc::ByteBuffer& out,
               const edge& edge, std::string_view operation);

  std::chrono::nanoseconds elapsed() const noexcept { return edge_now() - began_; }

  /// One of these, once. The reactor may be gone when they return.
  void send(grpc::ByteBuffer message, const context& context, const call_times& times = {});
  void fail(const failure& reason, const context& context);

private:
  grpc::CallbackServerContext* rpc_;
  grpc::ServerUnaryReactor* reactor_;
  grpc::ByteBuffer* out_;
  std::shared_ptr<meter> meter_;
  rpc_log_ptr log_;
  std::string_view operation_;
  time_point began_;
};

/// An answer that comes later, from another thread, and whom it is for.
struct later_answer {
  explicit later_answer(unary_answer to) : finish(std::move(to)) {}
  unary_answer finish;
  context caller;
};

/// gRPC's side of a unary embed RPC: tells the call that the client has gone, and goes itself when gRPC is done with
/// it. Until then it holds the call once that is answered, and so its permit: an answer that the client does not read
/// takes its place in the node.
class embed_reactor final : public grpc::ServerUnaryReactor {
public:
  /// REQUIRES: the handler has not returned the reactor yet.
  void watch(std::weak_ptr<call> watched) noexcept { call_ = std::move(watched); }
  void hold(byte_credit credit) noexcept { credit_ = std::move(credit); }
  /// Holds the call from now on, unless its last owner is letting go of it. REQUIRES: before Finish().
  void keep_call() noexcept { kept_ = call_.lock(); }

private:
  void OnCancel() override;
  void OnDone() override { delete this; }
  // Else gRPC wakes a thread of its executor for the reactions above, in every call, though all they do is a `delete`.
  bool InternalInlineable() override { return true; }

  std::weak_ptr<call> call_; // weak: only the actors' hold on the call decides when it is lost
  std::shared_ptr<call> kept_;
  byte_credit credit_;
};

/// How an API's embed messages are read and written (convert.hpp).
struct embed_codec {
  std::string_view operation; ///< of the metrics
  result<embed_message> (*read)(const grpc::ByteBuffer& message, const node_view& view);
  grpc::ByteBuffer (*write)(const embed_request& request, vector_encoding encoding, const embed_result& result,
                            std::chrono::nanoseconds total);
};

/// Why a call that its last owner let go of has no answer: lost, or its client has gone (or its time is over).
failure why_unanswered(const call& dropped);

/// A unary RPC behind the call port. Made in the handler, answered from whichever thread has the result; the last owner
/// to let go of an unanswered one answers errc::unavailable (or why the client has gone).
class rpc_call final : public call {
public:
  rpc_call(weft::context context, embed_message message, unary_answer answer, embed_reactor& reactor,
           const embed_codec& codec);
  ~rpc_call() override;

private:
  void on_reply(embed_result&& value) noexcept override;
  void on_fail(failure&& reason) noexcept override;

  unary_answer answer_;
  embed_reactor& reactor_; // may be gone once answered
  const embed_codec& codec_;
  const vector_encoding encoding_;
};

/// The whole way of a unary embed RPC from its handler to the ingress: authentication, conversion, submission.
/// Converts before it returns, and never blocks. codec: lives as long as the process.
grpc::ServerUnaryReactor* start_embed(edge& edge, const embed_codec& codec, grpc::CallbackServerContext& rpc,
                                      const grpc::ByteBuffer& in, grpc::ByteBuffer& out);

/// The whole way of a unary RPC whose answer is at hand: `answer()` gives result<grpc::ByteBuffer> and does not block.
template <class Answer>
grpc::ServerUnaryReactor* answer_at_once(edge& edge, std::string_view operation, role least,
                                         grpc::CallbackServerContext& rpc, grpc::ByteBuffer& out, Answer answer) {
  auto* reactor = rpc.DefaultReactor(); // nobody waits, so there is nothing to cancel
  unary_answer finish(rpc, *reactor, out, edge, operation);
  context caller;
  if (auto entered = enter(edge, rpc, least, caller); !entered)
    finish.fail(entered.error(), caller);
  else if (result<grpc::ByteBuffer> message = answer(); !message)
    finish.fail(message.error(), caller);
  else
    finish.send(*std::move(message), caller);
  return reactor;
}

} // namespace weft
