#include "node/peer/settings_link.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/channel_cache.hpp"
#include "node/peer/convert_settings.hpp"
#include "weft/peer/v1/settings.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

/// One question on its way.
struct settings_rpc {
  grpc::ClientContext context;
  pb::ExchangeSettingsRequest request;
  pb::ExchangeSettingsResponse response;
  std::function<void(result<settings_reply>)> done;
};
using settings_rpc_ptr = std::shared_ptr<settings_rpc>;

} // namespace

/// Shared with the questions, which may end while the link goes.
struct settings_link::parts {
  parts(settings_link_options given, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : options(std::move(given)), channels(std::move(credentials), options.channels_max) {}

  const settings_link_options options;
  std::mutex mutex; // guards the rest
  std::condition_variable emptied;
  bool closed = false;
  channel_cache channels;
  std::unordered_set<settings_rpc_ptr> open;

  result<std::shared_ptr<grpc::Channel>> enter(const std::string& address, const settings_rpc_ptr& rpc) {
    const std::lock_guard hold(mutex);
    if (closed || address.empty())
      return failure{errc::unavailable, closed ? "the node is stopping" : "the peer has no data address"};
    if (open.size() >= options.asks_max)
      return failure{errc::overloaded, "too many questions about settings are unanswered"};
    open.insert(rpc);
    return channels.to(address);
  }

  void leave(const settings_rpc_ptr& rpc) {
    const std::lock_guard hold(mutex);
    open.erase(rpc);
    if (open.empty())
      emptied.notify_all();
  }
};

settings_link::settings_link(std::shared_ptr<parts> made) : parts_(std::move(made)) {}

result<std::shared_ptr<settings_link>> settings_link::make(const settings_link_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  return std::shared_ptr<settings_link>(new settings_link(std::make_shared<parts>(options, *std::move(credentials))));
}

settings_link::~settings_link() {
  close();
}

void settings_link::ask(const std::string& address, const settings_question& question,
                        std::function<void(result<settings_reply>)> done) {
  const auto rpc = std::make_shared<settings_rpc>();
  rpc->done = std::move(done);
  rpc->request.set_cluster_id(parts_->options.cluster_id);
  write_settings_question(question, rpc->request);
  rpc->context.set_deadline(std::chrono::system_clock::now() + parts_->options.ask_time_max);
  auto channel = parts_->enter(address, rpc);
  if (!channel)
    return rpc->done(channel.error());
  const auto stub = pb::SettingsService::NewStub(*channel);
  stub->async()->ExchangeSettings(&rpc->context, &rpc->request, &rpc->response,
                                  [p = parts_, rpc](const grpc::Status& ended) {
                                    if (ended.ok())
                                      rpc->done(read_settings_reply(rpc->response));
                                    else
                                      rpc->done(from_status(ended));
                                    p->leave(rpc);
                                  });
}

void settings_link::close() {
  std::unique_lock hold(parts_->mutex);
  parts_->closed = true;
  const std::vector<settings_rpc_ptr> all(parts_->open.begin(), parts_->open.end());
  hold.unlock();
  for (const auto& rpc : all)
    rpc->context.TryCancel(); // outside the lock: gRPC may come back from within
  hold.lock();
  parts_->emptied.wait(hold, [&] { return parts_->open.empty(); });
}

} // namespace weft
