#pragma once

#include "runtime/membership/member.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// What a node says about the cluster that it means.
struct cluster_claim {
  std::string cluster_id;
  protocol_range protocol;
};

enum class join_verdict : uint8_t {
  accepted,
  other_cluster,      ///< it belongs to another cluster
  no_common_protocol, ///< no peer protocol version is spoken by both
  cluster_full,       ///< members_max is reached
  identity_taken,     ///< the member with this id answers at another address: a copied data folder
};

/// The stable reason, for logs and metrics.
std::string_view to_string(join_verdict verdict) noexcept;

/// A verdict with the sentence that a person needs.
struct join_answer {
  join_verdict verdict = join_verdict::accepted;
  std::string reason;
};

/// Whether two nodes may speak to each other. `ours` and `theirs` in the sentence are the judge's view.
join_answer judge_claim(const cluster_claim& ours, const cluster_claim& theirs);

join_answer refuse_full(uint32_t members_max);
join_answer refuse_identity(node_id node, std::string_view known_address, std::string_view new_address);

} // namespace weft
