#pragma once

#include "node/peer/rank_desk.hpp"
#include "node/peer/rank_dialer.hpp"
#include "runtime/ports/rank_link.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct rank_link_options {
  communicator_id communicator{};
  uint32_t rank = 0;
  std::vector<std::string> addresses{};                 ///< [ranks], HOST:PORT: the data address of each rank's node
  std::chrono::milliseconds meet_time = rank_meet_time; ///< in which the lower ranks must have called
  std::chrono::milliseconds time_max{24 * 3'600'000};   ///< of the communicator
  std::chrono::milliseconds leave_time{5'000};          ///< what waits when this rank goes must be written within it
};

/// rank_link over weft.peer.v1.RankService: one stream a pair of ranks, called by the lower one. It begins with the
/// first attach(): what comes before waits at the desk. With attach(nullptr) it is over for good: what waits to be sent
/// is written still, then its streams end. Thread-safe, but attach() by one thread at a time; nothing here blocks.
///
/// What is bounded: rank_outbox a rank (rank_window pieces), one frame being written and one being read a rank, and
/// gRPC's windows.
class grpc_rank_link final : public rank_link {
public:
  /// REQUIRES: the dialer is kept by whoever stops the node. Fails with errc::invalid_argument: no address of some
  /// rank, a rank beyond them, too many.
  static result<std::shared_ptr<grpc_rank_link>>
  make(std::shared_ptr<rank_desk> desk, const std::shared_ptr<rank_dialer>& dialer, rank_link_options options);
  /// As attach(nullptr).
  ~grpc_rank_link() override;
  grpc_rank_link(const grpc_rank_link&) = delete;
  grpc_rank_link& operator=(const grpc_rank_link&) = delete;

  void attach(rank_inbox* inbox) override;
  status send(uint32_t to, rank_frame frame) override;

private:
  struct parts;
  explicit grpc_rank_link(std::shared_ptr<parts> made) : parts_(std::move(made)) {}
  const std::shared_ptr<parts> parts_;
};

} // namespace weft
