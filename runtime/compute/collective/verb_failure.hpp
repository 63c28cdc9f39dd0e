#pragma once

#include "runtime/ports/rank_link.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weft {

/// The failures of a communicator, worded once, so that all implementations fail alike.

/// "all_reduce of 4096 bytes (int64, sum)"
std::string describe(const verb_key& key);

/// A rank closed its end, or its process has gone. errc::unavailable, metadata: rank.
failure rank_gone(uint32_t rank, std::string_view why);

/// A rank called abort(). errc::unavailable, metadata: rank, reason (of the failure that it gave).
failure rank_aborted(uint32_t rank, const failure& reason);

/// errc::internal: two ranks called differently.
failure verbs_differ(uint32_t rank, const verb_key& key, uint32_t other_rank, const verb_key& other);

/// errc::unavailable, metadata: epoch. A rank of this epoch that belongs to another formation.
failure formations_differ(uint32_t rank, uint64_t epoch);

/// errc::deadline_exceeded: these ranks did not come. Names the first 8.
failure ranks_missing(std::span<const uint32_t> ranks, const verb_key& key, std::chrono::milliseconds limit);

/// errc::internal: a rank that does not keep to the protocol.
failure protocol_broken(uint32_t rank, std::string_view what);

} // namespace weft
