#pragma once

#include "runtime/corpus/corpus_shard.hpp"

#include <cstdint>
#include <vector>

namespace weft {

/// Points that may travel for the seeds: what as many clusters need as a corpus may have (corpus_result.hpp).
inline constexpr uint64_t seed_bytes_max = 260ULL << 20;

/// How many seeds are drawn between two looks whether to go on: about 2^34 products of two values, some hundred
/// milliseconds to a second of one core. points: that are looked at.
uint64_t seeds_between_looks(uint64_t points, uint32_t dimensions) noexcept;

/// seed_centroids() of all items in their order, whatever rank has them: only the points that it looks at travel, and
/// every rank draws from them. Returns [clusters, dimensions]. errc::invalid_argument: too many clusters for
/// seed_bytes_max; errc::cancelled: a rank is asked to stop, which is looked at now and then where it takes long.
/// REQUIRES: 1 <= clusters <= facts.items.
result<std::vector<int8_t>> shard_seeds(corpus_group& group, const corpus_shard& shard, const corpus_facts& facts,
                                        uint32_t clusters, uint64_t seed);

} // namespace weft
