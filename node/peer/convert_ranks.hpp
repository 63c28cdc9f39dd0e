#pragma once

#include "node/peer/rank_pair.hpp"
#include "runtime/base/result.hpp"
#include "weft/peer/v1/rank.pb.h"

// Where weft.peer.v1's ranks and the runtime's types meet. Pure and thread-safe.

namespace weft {

void write_rank_pair(const rank_pair& from, peer::v1::RankPair& to);

/// Fails with errc::invalid_argument: more than collective_ranks_max ranks, or not from a lower rank to a higher one.
result<rank_pair> read_rank_pair(const peer::v1::RankPair& from);

} // namespace weft
