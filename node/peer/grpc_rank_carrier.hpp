#pragma once

#include "node/peer/rank_desk.hpp"
#include "node/peer/rank_dialer.hpp"
#include "runtime/compute/collective/linked_collective.hpp"
#include "runtime/ports/rank_carrier.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

namespace weft {

struct rank_carrier_options {
  rank_dialer_options dialer;
  rank_desk_options desk;
  std::chrono::milliseconds meet_time = rank_meet_time;
  linked_options pieces;
};

/// rank_carrier over weft.peer.v1.RankService: the node's desk, where streams of other nodes find its ranks, and its
/// dialer. One a node; thread-safe. Its desk belongs into peer_server_options::ranks; it is closed before that server
/// stops.
class grpc_rank_carrier final : public rank_carrier {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<grpc_rank_carrier>> make(const rank_carrier_options& options);
  /// As close().
  ~grpc_rank_carrier() override;
  grpc_rank_carrier(const grpc_rank_carrier&) = delete;
  grpc_rank_carrier& operator=(const grpc_rank_carrier&) = delete;

  result<std::unique_ptr<collective>> join(const rank_seat& seat) override;

  const std::shared_ptr<rank_desk>& desk() const noexcept { return desk_; }

  /// Ends all streams that this node has called, and lets nobody join any more. Blocks until they have ended.
  void close();

private:
  grpc_rank_carrier(const rank_carrier_options& options, std::shared_ptr<rank_dialer> dialer)
      : options_(options), desk_(std::make_shared<rank_desk>(options.desk)), dialer_(std::move(dialer)) {}

  const rank_carrier_options options_;
  const std::shared_ptr<rank_desk> desk_;
  const std::shared_ptr<rank_dialer> dialer_;
  std::atomic<bool> closed_{false};
};

} // namespace weft
