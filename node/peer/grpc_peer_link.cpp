#include "node/peer/grpc_peer_link.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/channel_cache.hpp"
#include "node/peer/convert.hpp"
#include "weft/peer/v1/data.grpc.pb.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

class ask_reader;

/// A member that can be asked.
struct peer_route {
  boot_epoch epoch{};
  std::string address;
  std::shared_ptr<pb::PeerService::Stub> stub;
};

void refuse(const peer_listener& listener, errc code, std::string message) {
  listener.on_end({.outcome = failure{code, std::move(message)}, .load = {}, .usage = {}});
}

/// One request on its way: reads items until the end, tells the listener, and goes.
class ask_reader final : public grpc::ClientReadReactor<pb::AskResponse> {
public:
  /// gone: called last; the reader may not exist any more when it returns.
  ask_reader(node_id peer, peer_listener listener, size_t texts, std::function<void(ask_reader*)> gone)
      : peer_(peer), listener_(std::move(listener)), answered_(texts, false), gone_(std::move(gone)) {}

  node_id peer() const noexcept { return peer_; }

  void start(pb::PeerService::Stub& stub, const peer_request& request, std::chrono::system_clock::time_point deadline) {
    write_ask_request(request, request_);
    context_.set_deadline(deadline);
    stub.async()->Ask(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  /// Any thread, as long as the reader is registered.
  void give_up(const char* why) {
    const char* nothing = nullptr;
    given_up_.compare_exchange_strong(nothing, why);
    context_.TryCancel();
  }
  /// The same, on the asker's behalf.
  void cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }

private:
  void OnReadDone(bool more) override {
    if (!more)
      return; // OnDone() follows
    if (auto good = take(); !good) {
      wrong_ = good.error();
      context_.TryCancel();
      return;
    }
    StartRead(&response_);
  }

  status take() {
    std::vector<peer_item> items;
    items.reserve(static_cast<size_t>(response_.items_size()));
    for (const auto& entry : response_.items()) {
      if (entry.index() >= answered_.size() || answered_[entry.index()])
        return failure{errc::internal, "a peer answered a text that it was not asked for, or one twice"};
      answered_[entry.index()] = true;
      ++count_;
      items.push_back(read_ask_item(entry));
    }
    if (response_.has_summary()) {
      if (response_.summary().has_load())
        end_.load = read_load(response_.summary().load());
      end_.usage = {.tokens = response_.summary().usage_tokens(),
                    .device_seconds = response_.summary().usage_device_seconds()};
    }
    if (!items.empty())
      listener_.on_items(std::move(items));
    return ok;
  }

  void OnDone(const grpc::Status& ended) override {
    end_.outcome = outcome(ended);
    listener_.on_end(std::move(end_));
    const auto gone = std::move(gone_);
    gone(this);
  }

  status outcome(const grpc::Status& ended) const {
    if (wrong_)
      return *wrong_;
    if (ended.ok()) {
      if (count_ == answered_.size())
        return ok;
      return failure{errc::internal, "a peer answered " + std::to_string(count_) + " of " +
                                         std::to_string(answered_.size()) + " texts"};
    }
    if (const char* why = given_up_; why != nullptr)
      return failure{errc::unavailable, why};
    if (cancelled_)
      return failure{errc::cancelled, "nobody waits for the answer any more"};
    auto reason = from_status(ended);
    if (reason.code == errc::cancelled) // nobody on this side did: the other one stops
      reason.code = errc::unavailable;
    return reason;
  }

  const node_id peer_;
  peer_listener listener_;
  grpc::ClientContext context_;
  pb::AskRequest request_;
  pb::AskResponse response_;
  std::vector<bool> answered_;
  size_t count_ = 0;
  peer_end end_{.outcome = ok, .load = {}, .usage = {}};
  std::optional<failure> wrong_;
  std::atomic<const char*> given_up_{nullptr}; ///< a literal
  std::atomic<bool> cancelled_{false};
  std::function<void(ask_reader*)> gone_;
};

} // namespace

/// Outlives the readers: close() waits for them.
struct grpc_peer_link::parts {
  peer_link_options options;
  std::shared_ptr<grpc::ChannelCredentials> credentials;

  std::mutex mutex; // guards the rest
  std::condition_variable emptied;
  bool closed = false;
  std::unordered_map<node_id, peer_route> routes;
  std::unordered_map<node_id, uint32_t> asks;
  std::unordered_map<ask_reader*, std::shared_ptr<ask_reader>> readers;
  size_t leaving = 0; ///< readers that have ended and are going

  /// Null: `why` says so, and in which words.
  std::shared_ptr<pb::PeerService::Stub> enter(node_id peer, const std::shared_ptr<ask_reader>& reader, failure& why) {
    const std::lock_guard hold(mutex);
    const auto route = routes.find(peer);
    if (closed || route == routes.end()) {
      why = {errc::unavailable, closed ? "the node is stopping" : "the peer is not a member that can be asked"};
      return nullptr;
    }
    auto& count = asks[peer];
    if (count >= options.asks_per_peer_max) {
      why = {errc::overloaded,
             "too many requests to one peer are unanswered",
             {{"limit", std::to_string(options.asks_per_peer_max)}}};
      return nullptr;
    }
    ++count;
    readers.emplace(reader.get(), reader);
    return route->second.stub;
  }

  void leave(ask_reader* reader) {
    std::unique_lock hold(mutex);
    auto over = std::move(readers.extract(reader).mapped());
    if (auto count = asks.find(reader->peer()); --count->second == 0)
      asks.erase(count);
    ++leaving;
    hold.unlock();
    over.reset(); // before it has left: as in open_rpcs
    hold.lock();
    if (--leaving == 0 && readers.empty())
      emptied.notify_all();
  }

  /// Copies, because gRPC may come back from within a cancellation: that is for after the lock.
  template <class Wanted> std::vector<std::shared_ptr<ask_reader>> readers_that(Wanted wanted) const {
    std::vector<std::shared_ptr<ask_reader>> out;
    for (const auto& entry : readers)
      if (wanted(*entry.second))
        out.push_back(entry.second);
    return out;
  }

  void connect(const cluster_member& member, std::unordered_map<node_id, peer_route>& to) {
    auto known = routes.find(member.node);
    if (known != routes.end() && known->second.address == member.data_address && known->second.epoch == member.epoch) {
      to.insert(routes.extract(known));
      return;
    }
    auto channel = grpc::CreateCustomChannel(member.data_address, credentials, peer_channel_arguments());
    to[member.node] = {
        .epoch = member.epoch, .address = member.data_address, .stub = pb::PeerService::NewStub(channel)};
  }
};

result<std::shared_ptr<grpc_peer_link>> grpc_peer_link::make(const peer_link_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  auto made = std::make_shared<parts>();
  made->options = options;
  made->credentials = *std::move(credentials);
  return std::shared_ptr<grpc_peer_link>(new grpc_peer_link(std::move(made)));
}

grpc_peer_link::~grpc_peer_link() {
  close();
}

void grpc_peer_link::set_members(const cluster_view& view) {
  auto& p = *parts_;
  std::unordered_map<node_id, peer_route> next;
  std::vector<std::shared_ptr<ask_reader>> lost;
  {
    const std::lock_guard hold(p.mutex);
    if (p.closed)
      return;
    for (const auto& member : view.members)
      if (member.node != view.self && !member.data_address.empty() && member.condition != member_condition::dead &&
          member.condition != member_condition::left)
        p.connect(member, next);
    // What is left in `routes` is gone, or was started anew.
    lost = p.readers_that([&](const ask_reader& reader) { return p.routes.contains(reader.peer()); });
    p.routes.swap(next);
  }
  for (const auto& reader : lost)
    reader->give_up("the peer left the cluster, or was found dead");
}

peer_cancel grpc_peer_link::ask(node_id peer, peer_request request, peer_listener listener) {
  const auto nothing = [] {};
  const auto until = std::chrono::steady_clock::now() + parts_->options.ask_time_max;
  const auto left = std::min(request.context.deadline, until) - std::chrono::steady_clock::now();
  if (left <= duration::zero()) {
    refuse(listener, errc::deadline_exceeded, "the call's deadline passed");
    return nothing;
  }
  const auto reader = std::make_shared<ask_reader>(peer, listener, request.texts.size(),
                                                   [p = parts_.get()](ask_reader* done) { p->leave(done); });
  failure why;
  const auto stub = parts_->enter(peer, reader, why);
  if (!stub) {
    listener.on_end({.outcome = std::move(why), .load = {}, .usage = {}});
    return nothing;
  }
  reader->start(*stub, request,
                std::chrono::system_clock::now() +
                    std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
  return [waiting = std::weak_ptr{reader}] {
    if (const auto alive = waiting.lock())
      alive->cancel();
  };
}

void grpc_peer_link::close() {
  std::unique_lock hold(parts_->mutex);
  parts_->closed = true;
  const auto all = parts_->readers_that([](const ask_reader&) { return true; });
  hold.unlock();
  for (const auto& reader : all)
    reader->give_up("the node is stopping");
  hold.lock();
  parts_->emptied.wait(hold, [&] { return parts_->readers.empty() && parts_->leaving == 0; });
  parts_->routes.clear();
}

} // namespace weft
