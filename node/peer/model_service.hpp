#pragma once

#include "node/model/broadcast_order.hpp"
#include "node/model/model_shelf.hpp"
#include "weft/peer/v1/model.grpc.pb.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weft {

/// weft.peer.v1.ModelService: gives what is on the shelf to other nodes, and tells them from whom else to get it.
/// Called from gRPC's threads; offer() from any.
class model_service final
    : public peer::v1::ModelService::WithCallbackMethod_DescribeModel<
          peer::v1::ModelService::WithCallbackMethod_FetchModel<peer::v1::ModelService::Service>> {
public:
  struct options {
    std::string cluster_id;
    uint32_t transfers_max = 4; ///< at once, of one piece in memory each; who comes then is told to come back
  };
  explicit model_service(options o) : options_(std::move(o)) {}

  /// What is given from now on; null: nothing.
  void offer(std::shared_ptr<model_shelf> shelf);
  /// Transfers that are on their way.
  uint32_t transfers() const noexcept { return *transfers_; }

  grpc::ServerUnaryReactor* DescribeModel(grpc::CallbackServerContext* rpc, const peer::v1::DescribeModelRequest* in,
                                          peer::v1::DescribeModelResponse* out) override;
  grpc::ServerWriteReactor<peer::v1::FetchModelResponse>* FetchModel(grpc::CallbackServerContext* rpc,
                                                                     const peer::v1::FetchModelRequest* in) override;

private:
  std::shared_ptr<model_shelf> shelf() const;
  status check(const std::string& cluster_id, const model_shelf* shelf) const;

  const options options_;
  const std::shared_ptr<std::atomic<uint32_t>> transfers_ = std::make_shared<std::atomic<uint32_t>>(0);
  mutable std::mutex mutex_; // guards the rest
  std::shared_ptr<model_shelf> shelf_;
  broadcast_order order_;
};

/// weft.peer.v1.ModelDirectoryService: where to ask for the model. Called from gRPC's threads.
class model_directory_service final : public peer::v1::ModelDirectoryService::WithCallbackMethod_ListModelSources<
                                          peer::v1::ModelDirectoryService::Service> {
public:
  static constexpr size_t addresses_max = 64;

  /// addresses: data addresses, this node's first; thread-safe, does not block.
  model_directory_service(std::string cluster_id, std::function<std::vector<std::string>()> addresses)
      : cluster_id_(std::move(cluster_id)), addresses_(std::move(addresses)) {}

  grpc::ServerUnaryReactor* ListModelSources(grpc::CallbackServerContext* rpc,
                                             const peer::v1::ListModelSourcesRequest* in,
                                             peer::v1::ListModelSourcesResponse* out) override;

private:
  const std::string cluster_id_;
  const std::function<std::vector<std::string>()> addresses_;
};

} // namespace weft
