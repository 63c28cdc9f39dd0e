#include "node/peer/channel_cache.hpp"

#include "runtime/base/assert.hpp"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <utility>

namespace weft {

grpc::ChannelArguments peer_channel_arguments() {
  grpc::ChannelArguments out;
  out.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  out.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  out.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000); // also the time that one attempt may take
  out.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  out.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  out.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  out.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  out.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  out.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, 120'000);
  out.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0); // meant for the web, never for a cluster's nodes
  out.SetMaxReceiveMessageSize(-1);          // what was asked for bounds it
  return out;
}

channel_cache::channel_cache(std::shared_ptr<grpc::ChannelCredentials> credentials, size_t channels_max,
                             int message_bytes_max)
    : credentials_(std::move(credentials)), channels_max_(channels_max), message_bytes_max_(message_bytes_max) {
  WEFT_ASSERT(channels_max > 0);
}

const std::shared_ptr<grpc::Channel>& channel_cache::to(const std::string& address) {
  auto found = entries_.find(address);
  if (found == entries_.end()) {
    make_room();
    auto arguments = peer_channel_arguments();
    arguments.SetMaxReceiveMessageSize(message_bytes_max_);
    auto channel = grpc::CreateCustomChannel(address, credentials_, arguments);
    found = entries_.emplace(address, entry{.channel = std::move(channel)}).first;
  }
  found->second.used = ++uses_;
  return found->second.channel;
}

void channel_cache::make_room() {
  if (entries_.size() < channels_max_)
    return;
  entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                  [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
}

} // namespace weft
