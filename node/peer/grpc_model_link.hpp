#pragma once

#include "node/grpc/credentials.hpp"
#include "node/model/model_link.hpp"
#include "node/peer/channel_cache.hpp"

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace weft {

struct model_link_options {
  std::string cluster_id;
  std::string own_address; ///< HOST:PORT where this node passes pieces on; "": it does not
  std::optional<tls_files> tls;
  std::chrono::milliseconds find_time_max{3'000};
  std::chrono::milliseconds describe_time_max{60'000}; ///< it may read gigabytes first
  std::chrono::milliseconds fetch_time_max{30'000};    ///< what has come by then counts
  uint32_t channels_max = 64;
  int message_bytes_max = 4 << 20; ///< a piece has 1 MiB, the description of the largest model 0.6 MiB
};

/// Questions to other nodes' ModelDirectoryService and ModelService, one at a time; they block.
class grpc_model_link final : public model_link {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::unique_ptr<grpc_model_link>> make(const model_link_options& options);

  result<std::vector<std::string>> find(const std::string& address) override;
  result<model_offer> describe(const std::string& address, const std::string& model) override;
  status fetch(const std::string& address, const range& what,
               const std::function<bool(std::string piece)>& take) override;
  void cancel() override;

private:
  grpc_model_link(model_link_options options, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : options_(std::move(options)),
        channels_(std::move(credentials), options_.channels_max, options_.message_bytes_max) {}
  /// What is asked; cancel() ends it.
  class question;

  const model_link_options options_;
  channel_cache channels_;
  std::mutex mutex_; // guards the rest
  grpc::ClientContext* open_ = nullptr;
  bool cancelled_ = false;
};

} // namespace weft
