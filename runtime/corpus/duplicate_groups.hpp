#pragma once

#include "runtime/corpus/shard_assigner.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// Items that are compared with each other: a cluster, or a band of one that is too large. On all ranks together.
struct duplicate_group {
  uint32_t cluster = 0;
  uint32_t items = 0;
  uint32_t ranks = 0; ///< that have some of them
};

/// The groups of a corpus, in the order of their clusters and bands, and what this rank has of each.
struct duplicate_groups {
  std::vector<duplicate_group> groups;    ///< the same on every rank
  std::vector<uint32_t> counts;           ///< [groups, ranks]: items that each rank has
  std::vector<std::vector<uint32_t>> own; ///< [groups]: indices of this rank's points, ascending

  uint32_t count(size_t group, size_t rank) const noexcept {
    return counts[group * (counts.size() / groups.size()) + rank];
  }
};

/// Clusters of at most group_items_max items are a group each. A larger one is cut into bands of at most as many by
/// (similarity to the centroid, item): near duplicates are nearly as similar to it, so that a cut parts few. A cut
/// never parts equal similarities, unless more than a band has one. Two verbs: the counts of clusters, and for large
/// ones the similarities, 8 bytes an item. The same for every division. errc::internal: another rank sent what cannot
/// be; the group has ended. Memory: groups × ranks counts of 4 bytes. REQUIRES: group_items_max > 0.
result<duplicate_groups> plan_duplicate_groups(corpus_group& group, const corpus_shard& shard,
                                               const assigned_points& points, uint32_t clusters,
                                               uint32_t group_items_max);

/// Where bands begin, as indices: 0 first. similarities: ascending, [items].
std::vector<size_t> cut_bands(std::span<const int32_t> similarities, size_t items_max);

} // namespace weft
