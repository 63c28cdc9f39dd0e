#pragma once

#include "runtime/base/result.hpp"
#include "runtime/membership/messages.hpp"
#include "runtime/ports/call.hpp"
#include "weft/peer/v1/data.pb.h"
#include "weft/peer/v1/membership.pb.h"

#include <cstdint>
#include <vector>

// Where weft.peer.v1 and the runtime's types meet. All functions are pure and thread-safe.

namespace weft {

/// Texts that one request between nodes may have: as many as a client's message.
inline constexpr uint32_t ask_items_max = 65'536;
/// Claims that one message may have; far above what the core sends.
inline constexpr uint32_t claims_max = 65'536;

void write_peer_message(const peer_message& from, peer::v1::PeerMessage& to);

/// Claims with values of a later release are left out, unknown fields are ignored. Fails with errc::invalid_argument:
/// no body, too many claims, or a field out of its range.
result<peer_message> read_peer_message(const peer::v1::PeerMessage& from);

/// The deadline is not written: it is the RPC's.
void write_ask_request(const peer_request& from, peer::v1::AskRequest& to);

/// A request as its server needs it; the context has no deadline yet.
struct asked {
  weft::context context;
  embed_request request;
  peer_origin origin;
};

/// Takes the texts out of the message. Fails with errc::invalid_argument (no kind, an unknown value),
/// errc::empty_call, or errc::too_many_items.
result<asked> read_ask_request(peer::v1::AskRequest& from);

/// Each vector is copied once into its packed field.
void write_ask_item(uint32_t index, const embedding& from, peer::v1::AskItem& to);
peer_item read_ask_item(const peer::v1::AskItem& from);

void write_ask_summary(const std::optional<node_load>& load, const usage& spent, peer::v1::AskSummary& to);
/// Speeds that no engine can have (zero, negative, no number, beyond all bounds) are left out, as if they were not
/// told.
node_load read_load(const peer::v1::ExactLoad& from);

} // namespace weft
