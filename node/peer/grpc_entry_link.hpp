#pragma once

#include "node/grpc/credentials.hpp"
#include "runtime/ports/entry_link.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace weft {

struct entry_link_options {
  std::optional<tls_files> tls;
  std::chrono::milliseconds give_within{10'000}; ///< the other node answers when its disk has the entries
  std::chrono::milliseconds list_within{2'000};
  uint32_t asks_max = 1'024;   ///< unanswered, of all members; further ones get errc::overloaded
  uint32_t channels_max = 256; ///< connections that are kept
};

/// entry_link over weft.peer.v1.PeerService. Its connections are not those of peer_link: a parcel on its way delays no
/// call. Never tries again. Thread-safe.
class grpc_entry_link final : public entry_link {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<grpc_entry_link>> make(const entry_link_options& options);
  /// As close().
  ~grpc_entry_link() override;
  grpc_entry_link(const grpc_entry_link&) = delete;
  grpc_entry_link& operator=(const grpc_entry_link&) = delete;

  // `done` is called on gRPC's threads, or at once where nothing is sent.
  void give(const cluster_member& to, entry_parcel parcel, std::function<void(status)> done) override;
  void find(const cluster_member& at, std::vector<cache_key> keys, std::chrono::milliseconds within,
            std::function<void(result<found_entries>)> done) override;
  void hottest(const cluster_member& at, uint32_t keys_max,
               std::function<void(result<std::vector<hot_key>>)> done) override;

  /// Ends all questions with errc::unavailable, and each later one at once. Blocks until all were told.
  void close();

private:
  struct parts;
  explicit grpc_entry_link(std::shared_ptr<parts> made);
  const std::shared_ptr<parts> parts_;
};

} // namespace weft
