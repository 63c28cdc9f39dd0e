#pragma once

#include "node/grpc/credentials.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/ports/peer_link.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace weft {

struct peer_link_options {
  std::optional<tls_files> tls;
  uint32_t asks_per_peer_max = 4'096;             ///< unanswered; further ones get errc::overloaded
  std::chrono::milliseconds ask_time_max{60'000}; ///< of requests without a nearer deadline
};

/// peer_link over weft.peer.v1.PeerService: a connection a member, kept while it is one. Never tries again: who asks
/// knows of other members. A member that dies or leaves ends what was asked of it with errc::unavailable, so that
/// nobody waits for a machine that is gone. Thread-safe.
class grpc_peer_link final : public peer_link {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<grpc_peer_link>> make(const peer_link_options& options);
  /// As close().
  ~grpc_peer_link() override;
  grpc_peer_link(const grpc_peer_link&) = delete;
  grpc_peer_link& operator=(const grpc_peer_link&) = delete;

  /// Who can be asked, and where.
  void set_members(const cluster_view& view);

  /// The listener is called on gRPC's threads, or at once where nothing is sent.
  peer_cancel ask(node_id peer, peer_request request, peer_listener listener) override;

  /// Ends all requests with errc::unavailable, and each later one at once. Blocks until all listeners were told.
  void close();

private:
  struct parts;
  explicit grpc_peer_link(std::shared_ptr<parts> made) : parts_(std::move(made)) {}
  const std::shared_ptr<parts> parts_;
};

} // namespace weft
