#pragma once

#include "runtime/membership/join_check.hpp"
#include "runtime/membership/member.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// A claim on its way: `accuser` says who suspects, or who gave up waiting (0 for what a member says of itself).
struct member_update {
  member_record record;
  node_id accuser{};
};

/// Is `target` there? Asked on behalf of the sender, or of a prober that asked the sender.
struct ping {
  uint32_t sequence = 0;
  node_id target{};
};

/// Answer to the ping or ping_request of this sequence: `subject` is there.
struct ack {
  uint32_t sequence = 0;
  node_id subject{};
};

/// Ping `target` for me: I cannot reach it.
struct ping_request {
  uint32_t sequence = 0;
  node_id target{};
};

/// Answer to a ping_request in good time: the helper is fine, `subject` did not answer it (yet). `refused`: its
/// machine refused a fresh connection.
struct nack {
  uint32_t sequence = 0;
  node_id subject{};
  bool refused = false;
};

/// Nothing but news.
struct gossip {};

/// Everything the sender knows, for everything the receiver knows. `joining`: the sender is new or comes back.
struct sync_request {
  cluster_claim claim;
  bool joining = false;
  std::vector<member_record> records; ///< the sender's own first
};

struct sync_reply {
  cluster_claim claim;
  join_verdict verdict = join_verdict::accepted;
  std::string reason;                 ///< for people, when not accepted
  std::vector<member_record> records; ///< the sender's own first; none when not accepted
};

using message_body = std::variant<ping, ack, ping_request, nack, gossip, sync_request, sync_reply>;
inline constexpr size_t message_kinds = std::variant_size_v<message_body>;

/// What members send each other. Every one may carry news.
struct peer_message {
  uint64_t cluster = 0; ///< cluster_mark() of the sender: strays of another cluster are dropped unread
  node_id sender{};
  boot_epoch sender_epoch{};
  uint8_t sender_load = 0;
  /// member_table::live_digest() of the sender; 0 while it has news to pass on, so that nobody compares.
  uint64_t sender_digest = 0;
  message_body body;
  std::vector<member_update> news;
};

/// Bytes of one claim on the wire, estimated from above: what budgets count.
uint32_t wire_bytes(const member_update& update) noexcept;
/// Bytes of a whole message on the wire, estimated.
uint64_t wire_bytes(const peer_message& message) noexcept;

/// 64-bit FNV-1a of a cluster's id.
uint64_t cluster_mark(std::string_view cluster_id) noexcept;

} // namespace weft
