#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/job/job_id.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/routing/placement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weft {

/// Places a segment: the job's id and the index, hashed, so that a job's segments spread over all nodes.
cache_key segment_key(segment_id id) noexcept;

/// Who keeps and runs what, among the live members of a region as one node sees them. Immutable; made anew when the
/// members change. A draining node owns nothing: what it keeps goes to the next ones.
class job_places {
public:
  /// Nobody, not even this node.
  job_places() = default;
  job_places(const cluster_view& view, node_id self, std::string_view region);

  node_id self() const noexcept { return self_; }
  /// Ascending.
  const std::vector<node_id>& live() const noexcept { return live_; }
  bool is_live(node_id node) const noexcept;
  /// The live ones without this node, ascending.
  const std::vector<node_id>& others() const noexcept { return others_; }
  /// Of the live members and their weights and zones: nodes with the same hash place alike.
  uint64_t hash() const noexcept { return hash_; }
  uint64_t hash_with_dead() const noexcept { return hash_with_dead_; }

  /// The first min(copies, live) owners. `copies` above owners_max count as owners_max.
  owner_list owners(segment_id id, uint32_t copies) const noexcept;
  bool owns(node_id node, segment_id id, uint32_t copies) const noexcept { return owners(id, copies).contains(node); }
  /// All live nodes: the owners first, then those that stand in for them, in the same order on every node.
  std::vector<node_id> ranked(segment_id id) const;
  /// Whether another node would be the first owner if it were not dead.
  bool is_takeover(segment_id id) const noexcept;
  /// Who counts a job's progress and ends it; empty: nobody is live.
  std::optional<node_id> header_owner(job_id id) const noexcept;
  bool owns_header(job_id id) const noexcept { return header_owner(id) == self_ && !live_.empty(); }

private:
  node_id self_{};
  std::vector<node_id> live_;
  std::vector<node_id> others_;
  placement nodes_;
  placement with_dead_; ///< of the live and the missing
  uint64_t hash_ = 0;
  uint64_t hash_with_dead_ = 0;
};

} // namespace weft
