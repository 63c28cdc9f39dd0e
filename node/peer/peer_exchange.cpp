#include "node/peer/peer_exchange.hpp"

#include "node/grpc/listen_probe.hpp"
#include "node/peer/channel_cache.hpp"
#include "runtime/base/assert.hpp"
#include "weft/peer/v1/membership.grpc.pb.h"

#include <grpcpp/alarm.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_set>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

// One look at the queue hands out at most so many events: timers must not wait behind a flood.
constexpr size_t events_max = 1'024;

using event_list = std::vector<peer_exchange_event>;

/// Something that the completion queue gives back.
class queue_tag {
public:
  virtual ~queue_tag() = default;
  /// ok: as gRPC says.
  virtual void done(bool ok, event_list& out) = 0;
};

/// A place for a message that comes in: waits for one, hands it over, confirms it, waits again.
class receiver final : public queue_tag {
public:
  receiver(pb::MembershipService::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue) {
    listen();
  }

  void done(bool ok, event_list& out) override {
    if (confirming_) {
      confirming_ = false;
      listen();
    } else if (ok) {
      out.emplace_back(std::move(request_));
      confirming_ = true;
      writer_->Finish({}, grpc::Status::OK, this);
    } // else the server is down
  }

private:
  void listen() {
    writer_.reset();
    context_.emplace();
    writer_.emplace(&*context_);
    request_.Clear();
    service_.RequestExchange(&*context_, &request_, &*writer_, &queue_, &queue_, this);
  }

  pb::MembershipService::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  std::optional<grpc::ServerContext> context_;
  pb::ExchangeRequest request_;
  std::optional<grpc::ServerAsyncResponseWriter<pb::ExchangeResponse>> writer_;
  bool confirming_ = false;
};

/// A message on its way out.
class sender final : public queue_tag {
public:
  sender(node_id node, std::string address, std::unordered_set<sender*>& registry)
      : node_(node), address_(std::move(address)), registry_(registry) {
    registry_.insert(this);
  }

  void start(pb::MembershipService::Stub& stub, const pb::ExchangeRequest& message, std::chrono::milliseconds time_max,
             grpc::CompletionQueue& queue) {
    context_.set_deadline(std::chrono::system_clock::now() + time_max);
    reader_ = stub.AsyncExchange(&context_, message, &queue);
    reader_->Finish(&reply_, &status_, this);
  }

  void cancel() { context_.TryCancel(); }

  void done(bool, event_list& out) override {
    // Silence is not a failure to send: the deadline tells nothing that a missing answer does not.
    if (!status_.ok() && status_.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED &&
        status_.error_code() != grpc::StatusCode::CANCELLED)
      out.emplace_back(peer_undelivered{node_, std::move(address_), status_.error_message()});
    registry_.erase(this);
    delete this;
  }

private:
  node_id node_;
  std::string address_;
  std::unordered_set<sender*>& registry_;
  grpc::ClientContext context_;
  pb::ExchangeResponse reply_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<pb::ExchangeResponse>> reader_;
};

/// Lets another thread end wait(): one alarm at a time.
class waker final : public queue_tag {
public:
  void ring(grpc::CompletionQueue& queue) {
    const std::lock_guard hold(mutex_);
    if (armed_ || closed_)
      return;
    armed_ = true;
    alarm_.emplace();
    alarm_->Set(&queue, gpr_now(GPR_CLOCK_MONOTONIC), this);
  }
  void close() {
    const std::lock_guard hold(mutex_);
    closed_ = true;
  }
  void done(bool, event_list&) override {
    const std::lock_guard hold(mutex_);
    armed_ = false;
  }

private:
  std::mutex mutex_;
  bool armed_ = false;
  bool closed_ = false;
  std::optional<grpc::Alarm> alarm_;
};

gpr_timespec to_gpr(time_point until) {
  if (until == time_point::max())
    return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(std::max<int64_t>(left.count(), 0), GPR_TIMESPAN));
}

void set_limits(grpc::ServerBuilder& builder, const peer_exchange_options& options) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  builder.SetResourceQuota(grpc::ResourceQuota("weft-peer").Resize(8ull * options.message_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
}

} // namespace

struct peer_exchange::parts {
  peer_exchange_options options;
  pb::MembershipService::AsyncService service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::unique_ptr<receiver>> receivers;
  std::unordered_set<sender*> senders; // gRPC has them; they go when it is done with them
  std::optional<channel_cache> channels;
  waker alarm;
  bool started = false;
  bool closed = false;               // of the waiting thread: the queue is shut down
  std::atomic<bool> stopping{false}; // nothing new goes out
  std::atomic<bool> server_down{false};

  /// On the waiting thread, since nothing may be put into a queue that is shut down.
  void close() {
    closed = true;
    alarm.close();
    for (auto* item : senders)
      item->cancel();
    queue->Shutdown();
  }
};

peer_exchange::peer_exchange(const peer_exchange_options& options) : parts_(new parts{.options = options}) {}

peer_exchange::~peer_exchange() {
  WEFT_ASSERT(parts_->closed == parts_->started);
  WEFT_ASSERT(parts_->senders.empty());
}

result<uint16_t> peer_exchange::start() {
  auto& p = *parts_;
  auto theirs = make_credentials(p.options.tls, p.options.listen, p.options.allow_plaintext);
  if (!theirs)
    return theirs.error();
  auto ours = make_channel_credentials(p.options.tls);
  if (!ours)
    return ours.error();
  if (auto usable = probe_listen(p.options.listen); !usable)
    return usable.error();
  p.channels.emplace(*ours, p.options.channels_max);
  grpc::ServerBuilder builder;
  set_limits(builder, p.options);
  int port = 0;
  builder.AddListeningPort(p.options.listen, *theirs, &port);
  builder.RegisterService(&p.service);
  if (p.options.beside)
    builder.RegisterService(p.options.beside.get());
  p.queue = builder.AddCompletionQueue();
  p.server = builder.BuildAndStart();
  if (!p.server || port == 0) {
    p.queue->Shutdown();
    return failure{errc::unavailable, "cannot listen on " + p.options.listen};
  }
  for (uint32_t i = 0; i < p.options.receives_max; ++i)
    p.receivers.push_back(std::make_unique<receiver>(p.service, *p.queue));
  p.started = true;
  return static_cast<uint16_t>(port);
}

void peer_exchange::send(node_id node, const std::string& address, const pb::ExchangeRequest& message) {
  auto& p = *parts_;
  if (p.stopping || p.senders.size() >= p.options.sends_max)
    return;
  auto* out = new sender(node, address, p.senders); // done() deletes it
  const auto stub = pb::MembershipService::NewStub(p.channels->to(address));
  out->start(*stub, message, p.options.send_time_max, *p.queue);
}

bool peer_exchange::wait(time_point until, std::vector<peer_exchange_event>& out) {
  auto& p = *parts_;
  if (p.server_down && !p.closed)
    p.close();
  auto deadline = to_gpr(until);
  for (size_t i = 0; i < events_max; ++i) {
    void* tag = nullptr;
    bool done = false;
    switch (p.queue->AsyncNext(&tag, &done, deadline)) {
    case grpc::CompletionQueue::SHUTDOWN:
      return false;
    case grpc::CompletionQueue::TIMEOUT:
      return true;
    case grpc::CompletionQueue::GOT_EVENT:
      static_cast<queue_tag*>(tag)->done(done, out);
    }
    deadline = gpr_inf_past(GPR_CLOCK_MONOTONIC); // what is there already
  }
  return true;
}

void peer_exchange::wake() {
  parts_->alarm.ring(*parts_->queue);
}

void peer_exchange::stop() {
  auto& p = *parts_;
  if (!p.started || p.stopping.exchange(true))
    return;
  p.server->Shutdown(std::chrono::system_clock::now());
  p.server_down = true;
  wake();
}

} // namespace weft
