#pragma once

#include "runtime/corpus/cluster_summary.hpp"
#include "runtime/corpus/extract_filler.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

struct extract_options {
  uint64_t tokens = 0;                ///< the budget, up to extract_tokens_max
  uint32_t round_candidates = 65'536; ///< of all clusters that a rank may offer at once, 12 bytes each
};

/// Which items stand for the whole corpus within a budget of tokens: extract_filler over the distinct items of all
/// ranks, a cluster's weight being their number. Returns them in the order of the items, as they are read; their texts
/// are fetched by whoever asked. The same for every division. Each rank offers candidates in rounds, and only those
/// that still fit. REQUIRES: round_candidates > 0.
result<std::vector<extract_pick>> plan_extract(corpus_group& group, const corpus_shard& shard,
                                               const assigned_points& points, std::span<const uint8_t> duplicates,
                                               std::span<const corpus_cluster> clusters,
                                               const extract_options& options);

} // namespace weft
