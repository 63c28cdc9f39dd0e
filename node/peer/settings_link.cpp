#include "node/peer/settings_link.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/channel_cache.hpp"
#include "node/peer/convert_settings.hpp"
#include "node/peer/open_rpcs.hpp"
#include "weft/peer/v1/settings.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <utility>

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

} // namespace

/// Outlives the questions: close() waits for them.
struct settings_link::parts {
  parts(settings_link_options given, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : options(std::move(given)), open(options.asks_max), channels(std::move(credentials), options.channels_max) {}

  std::shared_ptr<grpc::Channel> channel_to(const std::string& address) {
    const std::lock_guard hold(mutex);
    return channels.to(address);
  }

  const settings_link_options options;
  open_rpcs open;
  std::mutex mutex; // guards the rest
  channel_cache channels;
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
  auto rpc = std::make_shared<settings_rpc>();
  rpc->done = std::move(done);
  rpc->request.set_cluster_id(parts_->options.cluster_id);
  write_settings_question(question, rpc->request);
  rpc->context.set_deadline(std::chrono::system_clock::now() + parts_->options.ask_time_max);
  if (address.empty())
    return rpc->done(failure{errc::unavailable, "the peer has no data address"});
  if (auto entered = parts_->open.enter({rpc, &rpc->context}); !entered)
    return rpc->done(entered.error());
  const auto stub = pb::SettingsService::NewStub(parts_->channel_to(address));
  stub->async()->ExchangeSettings(&rpc->context, &rpc->request, &rpc->response,
                                  [p = parts_.get(), rpc](const grpc::Status& ended) mutable {
                                    const auto leaving = p->open.leave({rpc, &rpc->context});
                                    const auto over = std::move(rpc); // before it has left
                                    if (ended.ok())
                                      over->done(read_settings_reply(over->response));
                                    else
                                      over->done(from_status(ended));
                                  });
}

void settings_link::close() {
  parts_->open.close();
}

} // namespace weft
