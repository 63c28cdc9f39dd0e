#include "node/peer/rank_service.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/convert_ranks.hpp"

#include <grpcpp/alarm.h>

#include <atomic>
#include <string>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

/// The end of a stream at the rank that is called.
class called_stream final : public grpc::ServerBidiReactor<pb::ExchangeFramesRequest, pb::ExchangeFramesResponse>,
                            public rank_stream {
public:
  called_stream(grpc::CallbackServerContext& rpc, std::shared_ptr<rank_desk> desk)
      : rank_stream(side::is_called), rpc_(&rpc), desk_(std::move(desk)) {}

  /// REQUIRES: the handler has not returned yet.
  void begin(std::chrono::milliseconds patience) {
    self_ = shared_from_this();
    // Weak: an alarm keeps its function as long as it lives, and the stream keeps the alarm.
    patience_.Set(std::chrono::system_clock::now() + patience, [waiting = weak_from_this()](bool over) {
      if (const auto alive = over ? waiting.lock() : nullptr)
        static_cast<called_stream&>(*alive).lose_patience();
    });
    StartRead(&request_);
  }

private:
  void lose_patience() {
    patience_over_ = true;
    if (desk_)
      desk_->forget(this);
    refuse({errc::unavailable, "nobody here takes part in the communicator"}); // no effect on what has started
  }

  void OnReadDone(bool good) override {
    if (greeted_)
      return read_done(good, good ? std::move(*request_.mutable_frame()) : std::string{});
    greeted_ = true;
    const auto kept = shared_from_this();
    const auto pair = good ? read_rank_pair(request_.pair()) : failure{errc::cancelled, "it said nothing"};
    pair_read(good);
    if (!good)
      return;
    if (!pair)
      refuse(pair.error());
    else if (!desk_)
      refuse({errc::unavailable, "this node has no ranks"});
    else
      desk_->arrive(*pair, kept);
    if (desk_ && patience_over_)
      desk_->forget(this); // its greeting came in the moment when it was too late
  }
  void OnWriteDone(bool good) override { write_done(good); }
  void OnCancel() override { gone(); }
  void OnDone() override {
    const auto self = std::move(self_);
    tell_down("it ended its stream");
  }

  void start_read() override { StartRead(&request_); }
  void start_write(std::string bytes) override {
    response_.set_frame(std::move(bytes));
    StartWrite(&response_);
  }
  void half_close() override {}
  void try_cancel() override { rpc_->TryCancel(); }
  void finish(const status& answer) override { Finish(answer ? grpc::Status::OK : to_status(answer.error())); }

  grpc::CallbackServerContext* rpc_; ///< until it is finished
  const std::shared_ptr<rank_desk> desk_;
  grpc::Alarm patience_;
  pb::ExchangeFramesRequest request_;
  pb::ExchangeFramesResponse response_;
  std::atomic<bool> patience_over_{false};
  bool greeted_ = false; ///< touched by reads only, which come one after the other
  std::shared_ptr<rank_stream> self_;
};

} // namespace

grpc::ServerBidiReactor<pb::ExchangeFramesRequest, pb::ExchangeFramesResponse>*
rank_service::ExchangeFrames(grpc::CallbackServerContext* rpc) {
  const auto stream = std::make_shared<called_stream>(*rpc, desk_);
  stream->begin(patience_);
  return stream.get();
}

} // namespace weft
