#pragma once

#include "runtime/corpus/corpus_group.hpp"
#include "runtime/corpus/shard_assigner.hpp"

#include <cstdint>
#include <vector>

namespace weft {

inline constexpr uint32_t labels_round = 1U << 20; ///< items whose labels travel at once: 4 MiB

/// The cluster of each item of the whole corpus, on every rank: [items], by item. A verb for each `round` items.
/// REQUIRES: clusters fit an int32, points are those of this shard.
result<std::vector<uint32_t>> gather_labels(corpus_group& group, const corpus_shard& shard,
                                            const assigned_points& points, uint64_t items,
                                            uint32_t round = labels_round);

} // namespace weft
