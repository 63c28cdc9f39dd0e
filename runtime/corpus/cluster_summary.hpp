#pragma once

#include "runtime/corpus/duplicate_leaders.hpp"
#include "runtime/corpus/shard_assigner.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// One cluster of a corpus.
struct corpus_cluster {
  uint32_t items = 0;
  uint32_t distinct = 0;       ///< items that are no near duplicates
  uint32_t representative = 0; ///< of these the nearest to the centroid, of equally near ones the lowest; 0 if empty
  int32_t similarity = 0;      ///< its product with the centroid

  bool operator==(const corpus_cluster&) const = default;
};

/// Which of a shard's points are duplicates, 1 = one: [items]. duplicates: of the corpus, ascending.
std::vector<uint8_t> mark_duplicates(const corpus_shard& shard, std::span<const near_duplicate> duplicates);

/// Sizes and representatives of all clusters, the same on every rank and for every division. Two verbs, of 8 bytes a
/// cluster each. duplicates: mark_duplicates() of this shard.
result<std::vector<corpus_cluster>> summarize_clusters(corpus_group& group, const corpus_shard& shard,
                                                       const assigned_points& points,
                                                       std::span<const uint8_t> duplicates, uint32_t clusters);

} // namespace weft
