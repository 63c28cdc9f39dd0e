#include "node/peer/ask_call.hpp"

#include "node/grpc/rpc_call.hpp"
#include "node/grpc/wire_error.hpp"
#include "node/peer/ask_answer.hpp"
#include "runtime/job/made_as.hpp"

#include <mutex>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

constexpr std::string_view operation = "peer_ask"; // in the metrics

/// gRPC's side of one request: one write at a time, and nothing after the finish. What to do is decided under the lock
/// and done outside, because gRPC may come back from within.
class ask_stream final : public grpc::ServerWriteReactor<pb::AskResponse> {
public:
  ask_stream(grpc::CallbackServerContext& rpc, size_t items) : answer_(items), rpc_(&rpc) {}

  /// REQUIRES: the handler has not returned yet.
  void hold_until_done(std::shared_ptr<ask_stream> self) { self_ = std::move(self); }
  void watch(std::weak_ptr<call> watched) { call_ = std::move(watched); }

  void add(const std::vector<peer_item>& items) {
    pump([&] { answer_.add(items); });
  }
  void end(const embed_result& whole, const std::optional<node_load>& load) {
    pump([&] { answer_.end(whole, load); });
  }
  void fail(failure reason) {
    pump([&] { answer_.fail(std::move(reason)); });
  }

private:
  template <class Change> void pump(Change change) {
    ask_answer::step todo;
    {
      const std::lock_guard hold(mutex_);
      if (finished_)
        return;
      change();
      if (writing_)
        return;
      todo = answer_.next();
      writing_ = todo.what == ask_answer::step::kind::write;
      finished_ = todo.what != ask_answer::step::kind::write && todo.what != ask_answer::step::kind::nothing;
      message_ = std::move(todo.message);
    }
    act(todo);
  }

  // Only the thread that set writing_ or finished_ comes here, so message_ and the context are its own.
  void act(const ask_answer::step& todo) {
    switch (todo.what) {
    case ask_answer::step::kind::nothing:
      break;
    case ask_answer::step::kind::write:
      StartWrite(&message_);
      break;
    case ask_answer::step::kind::write_and_finish:
      StartWriteAndFinish(&message_, {}, grpc::Status::OK);
      break;
    case ask_answer::step::kind::finish:
      Finish(todo.reason ? to_status(*todo.reason, *rpc_) : grpc::Status::OK);
      break;
    }
  }

  void OnWriteDone(bool) override {
    // A write that failed means that the asker has gone; OnCancel() ends the call.
    pump([&] { writing_ = false; });
  }
  void OnCancel() override {
    const auto alive = call_.lock();
    if (!alive)
      return;
    alive->cancel();
    alive->fail(why_unanswered(*alive));
  }
  void OnDone() override { self_.reset(); }
  // As embed_reactor: else gRPC wakes a thread of its executor for the reactions above, in every request.
  bool InternalInlineable() override { return true; }

  std::mutex mutex_; // guards the next three
  ask_answer answer_;
  bool writing_ = false;
  bool finished_ = false;
  pb::AskResponse message_;
  grpc::CallbackServerContext* rpc_; ///< until it is finished
  std::weak_ptr<call> call_;         ///< weak: only the actors' hold on the call decides when it is lost
  std::shared_ptr<ask_stream> self_;
};

/// A call that another node passed on.
class ask_call final : public call {
public:
  ask_call(asked in, std::shared_ptr<ask_stream> stream, const ask_edge& edge)
      : call(std::move(in.context), std::move(in.request)), origin_(std::move(in.origin)), stream_(std::move(stream)),
        meter_(edge.meter), log_(edge.log), load_(edge.load), began_(edge_now()) {}
  ~ask_call() override {
    if (!answered())
      on_fail(why_unanswered(*this));
  }

  const peer_origin* origin() const noexcept override { return &origin_; }
  bool takes_parts() const noexcept override { return true; }

private:
  void on_part(const std::vector<peer_item>& items) noexcept override { stream_->add(items); }
  void on_reply(embed_result&& value) noexcept override {
    // The model may have been opened anew, in another class, while the call was on its way.
    if (!made_as(value, origin_.kind->parts()))
      return on_fail({errc::other_identity, "this node has another version or numeric class of '" + value.model +
                                                "' since the texts came; compute them elsewhere"});
    note(nullptr, value.times);
    stream_->end(value, load_ ? std::optional{load_()} : std::nullopt);
  }
  void on_fail(failure&& reason) noexcept override {
    note(&reason, {});
    stream_->fail(std::move(reason));
  }

  void note(const failure* reason, const call_times& times) const {
    const auto total = edge_now() - began_;
    meter_->call_ended(operation, reason ? reason->code : errc::none, total, times);
    (*log_)({.operation = operation, .context = context(), .reason = reason, .total = total});
  }

  const peer_origin origin_;
  const std::shared_ptr<ask_stream> stream_;
  const std::shared_ptr<meter> meter_;
  const rpc_log_ptr log_;
  const load_look load_;
  const time_point began_;
};

} // namespace

grpc::ServerWriteReactor<pb::AskResponse>* start_ask(ask_edge& edge, grpc::CallbackServerContext& rpc,
                                                     pb::AskRequest& in) {
  auto request = read_ask_request(in);
  auto stream = std::make_shared<ask_stream>(rpc, request ? request->request.texts.size() : 0);
  stream->hold_until_done(stream);
  if (!request) {
    stream->fail(request.error());
    return stream.get();
  }
  request->context.deadline = deadline_of(rpc);
  auto* reactor = stream.get();
  auto call = std::make_shared<ask_call>(*std::move(request), stream, edge);
  reactor->watch(call);
  edge.entrance.submit(std::move(call));
  return reactor;
}

} // namespace weft
