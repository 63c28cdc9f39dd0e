#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace weft {

/// How nodes connect to each other: connections of their own (no refusal that another channel remembers), tried again
/// after 1 s at most, and given up when pings stay unanswered.
grpc::ChannelArguments peer_channel_arguments();

/// Channels by address, the longest unused one goes first. Not thread-safe.
class channel_cache {
public:
  /// message_bytes_max: of a message that comes; -1: what was asked for bounds it. REQUIRES: channels_max > 0.
  channel_cache(std::shared_ptr<grpc::ChannelCredentials> credentials, size_t channels_max, int message_bytes_max = -1);

  const std::shared_ptr<grpc::Channel>& to(const std::string& address);

private:
  struct entry {
    std::shared_ptr<grpc::Channel> channel;
    uint64_t used = 0;
  };
  void make_room();

  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  size_t channels_max_;
  int message_bytes_max_;
  uint64_t uses_ = 0;
  std::unordered_map<std::string, entry> entries_;
};

} // namespace weft
