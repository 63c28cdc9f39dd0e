#include "node/peer/rank_dialer.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/channel_cache.hpp"
#include "node/peer/convert_ranks.hpp"
#include "node/peer/open_rpcs.hpp"
#include "weft/peer/v1/rank.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

std::string why_it_ended(const grpc::Status& ended) {
  if (ended.ok())
    return "it ended its stream";
  if (ended.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
    return "the time of its stream is over";
  return "its stream broke: " + from_status(ended).message;
}

/// The end of a stream at the rank that calls.
class calling_stream final : public grpc::ClientBidiReactor<pb::ExchangeFramesRequest, pb::ExchangeFramesResponse>,
                             public rank_stream {
public:
  explicit calling_stream(open_rpcs& open) : rank_stream(side::calls), open_(open) {}

  const open_rpcs::rpc_ptr& context() const noexcept { return context_; }

  void begin(pb::RankService::Stub& stub, const rank_pair& pair, std::chrono::milliseconds time_max) {
    self_ = shared_from_this();
    write_rank_pair(pair, *request_.mutable_pair());
    context_->set_deadline(std::chrono::system_clock::now() + time_max);
    stub.async()->ExchangeFrames(context_.get(), this);
    AddHold(); // operations begin on any thread; until finish()
    StartWrite(&request_);
    StartCall();
  }

private:
  void OnReadDone(bool good) override { read_done(good, good ? std::move(*response_.mutable_frame()) : std::string{}); }
  void OnWriteDone(bool good) override { write_done(good); }
  void OnWritesDoneDone(bool good) override { write_done(good); }
  void OnDone(const grpc::Status& ended) override {
    const auto leaving = open_.leave(context_);
    const auto self = std::move(self_);       // before it has left
    const auto context = std::move(context_); // the same: others may hold the stream longer
    tell_down(why_it_ended(ended));
  }

  void start_read() override { StartRead(&response_); }
  void start_write(std::string bytes) override {
    request_.set_frame(std::move(bytes));
    StartWrite(&request_);
  }
  void half_close() override { StartWritesDone(); }
  void try_cancel() override { context_->TryCancel(); }
  void finish(const status&) override { RemoveHold(); }

  open_rpcs& open_;
  std::shared_ptr<grpc::ClientContext> context_ = std::make_shared<grpc::ClientContext>();
  pb::ExchangeFramesRequest request_;
  pb::ExchangeFramesResponse response_;
  std::shared_ptr<rank_stream> self_;
};

} // namespace

struct rank_dialer::parts {
  parts(const rank_dialer_options& given, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : open(given.streams_max), channels(std::move(credentials), given.channels_max) {}

  open_rpcs open;
  std::mutex mutex; // guards the next one
  channel_cache channels;
};

rank_dialer::rank_dialer(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

result<std::shared_ptr<rank_dialer>> rank_dialer::make(const rank_dialer_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  return std::shared_ptr<rank_dialer>(new rank_dialer(std::make_unique<parts>(options, *std::move(credentials))));
}

rank_dialer::~rank_dialer() {
  close();
}

result<std::shared_ptr<rank_stream>> rank_dialer::call(const std::string& address, const rank_pair& pair,
                                                       std::chrono::milliseconds time_max) {
  auto stream = std::make_shared<calling_stream>(parts_->open);
  if (auto entered = parts_->open.enter(stream->context()); !entered)
    return entered.error();
  const auto stub = [&] {
    const std::lock_guard hold(parts_->mutex);
    return pb::RankService::NewStub(parts_->channels.to(address));
  }();
  stream->begin(*stub, pair, time_max);
  return std::shared_ptr<rank_stream>(std::move(stream));
}

void rank_dialer::close() {
  parts_->open.close();
}

} // namespace weft
