#include "runtime/membership/join_check.hpp"

namespace weft {
namespace {

std::string text(protocol_range range) {
  return "[" + std::to_string(range.min) + ", " + std::to_string(range.max) + "]";
}

} // namespace

std::string_view to_string(join_verdict verdict) noexcept {
  switch (verdict) {
  case join_verdict::accepted:
    return "ACCEPTED";
  case join_verdict::other_cluster:
    return "OTHER_CLUSTER";
  case join_verdict::no_common_protocol:
    return "NO_COMMON_PROTOCOL";
  case join_verdict::cluster_full:
    return "CLUSTER_FULL";
  case join_verdict::identity_taken:
    return "IDENTITY_TAKEN";
  }
  return "UNKNOWN";
}

join_answer judge_claim(const cluster_claim& ours, const cluster_claim& theirs) {
  if (ours.cluster_id != theirs.cluster_id)
    return {join_verdict::other_cluster, "this node belongs to cluster '" + ours.cluster_id + "', the other one to '" +
                                             theirs.cluster_id + "': check cluster.id and cluster.seeds"};
  if (!overlap(ours.protocol, theirs.protocol))
    return {join_verdict::no_common_protocol, "this node speaks peer protocol versions " + text(ours.protocol) +
                                                  ", the other one " + text(theirs.protocol) +
                                                  ": upgrade through a release that speaks both"};
  return {};
}

join_answer refuse_full(uint32_t members_max) {
  return {join_verdict::cluster_full, "the cluster has " + std::to_string(members_max) + " members, its limit"};
}

join_answer refuse_identity(node_id node, std::string_view known_address, std::string_view new_address) {
  return {join_verdict::identity_taken,
          "node id " + std::to_string(static_cast<uint64_t>(node)) + " is alive at " + std::string{known_address} +
              ", so " + std::string{new_address} +
              " must not use it: was its data folder copied? Give each node a data folder of its own"};
}

} // namespace weft
