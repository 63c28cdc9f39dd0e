#pragma once

#include "node/peer/rank_desk.hpp"
#include "weft/peer/v1/rank.grpc.pb.h"

#include <chrono>
#include <memory>
#include <utility>

namespace weft {

/// weft.peer.v1.RankService: reads between whom a stream is, and takes it to the desk. Owned by peer_server; called
/// from gRPC's threads.
class rank_service final
    : public peer::v1::RankService::WithCallbackMethod_ExchangeFrames<peer::v1::RankService::Service> {
public:
  /// desk: null: the node has no ranks, every stream is refused with errc::unavailable.
  /// patience: how long a stream may wait for its rank, or for its own first word.
  rank_service(std::shared_ptr<rank_desk> desk, std::chrono::milliseconds patience)
      : desk_(std::move(desk)), patience_(patience) {}

  grpc::ServerBidiReactor<peer::v1::ExchangeFramesRequest, peer::v1::ExchangeFramesResponse>*
  ExchangeFrames(grpc::CallbackServerContext* rpc) override;

private:
  const std::shared_ptr<rank_desk> desk_;
  const std::chrono::milliseconds patience_;
};

} // namespace weft
