#pragma once

#include "runtime/corpus/corpus_engine.hpp"
#include "runtime/corpus/corpus_shard.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

inline constexpr uint32_t search_queries_max = 256;
inline constexpr uint32_t search_count_max = 16'384;
/// Of hits that are gathered at once; those of one query on 64 ranks are a quarter of it at most.
inline constexpr uint64_t search_bytes_max = 64U << 20;

/// An item that is near to a query.
struct search_hit {
  uint32_t item = 0;
  double score = 0; ///< cosine: of the rows of floats where the shard kept them, else of the points of 8 bits

  bool operator==(const search_hit&) const = default;
};

struct search_options {
  uint32_t count = 10; ///< hits that are wanted of each query
};

/// errc::invalid_argument: no dimensions or others than the shard's, queries that are cut or too many, no hits or more
/// than search_count_max wanted. queries: [queries, dimensions].
status check_search(const corpus_shard& shard, std::span<const float> queries, const search_options& options);

/// Hits of one query in one shard: the `count` with the best scores, of equal ones the lowest items; in this order.
/// Where the shard kept its rows this is exact: every product of points is looked at, and the rows of all items whose
/// score can be among the best by what rounding to 8 bits may have changed. By Cauchy and Schwarz, with ^ for what was
/// rounded, |q·x − q^·x^| ≤ |q − q^| |x| + |q^| |x − x^|; of the rows the largest of the shard are taken. Costs a
/// product of bytes an item, and a row of floats for each that is so near: all of them at worst, where all are within
/// this bound (about 0.05) of the best. Where rows are not kept the scores are those of the points, each query scaled
/// by itself. REQUIRES: check_search() found nothing.
std::vector<std::vector<search_hit>> search_shard(const corpus_shard& shard, std::span<const float> queries,
                                                  const search_options& options);

/// The same by an engine of the node, to the bit: it gives the points with the largest products of each query, ten
/// times as many as hits are wanted. Where even the last of these may be among the best, and where the engine fails or
/// answers what cannot be, this thread looks at all points, of these queries. points: those of the shard, all of them
/// (share_points()); the same object for each search of a shard, so that an engine keeps them.
std::vector<std::vector<search_hit>> search_shard_on(const corpus_engine& engine, const corpus_shard& shard,
                                                     const shared_points_ptr& points, std::span<const float> queries,
                                                     const search_options& options);

/// The best of one query over all shards: the `count` with the best scores, of equal ones the lowest items. The same
/// however items are divided, so also for whoever asks every node by itself. parts: what search_shard() gave for the
/// query with the same options, in any order, or what was merged of some of these.
std::vector<search_hit> merge_hits(std::span<const std::vector<search_hit>> parts, const search_options& options);

/// search_shard() on every rank and merge_hits(): every rank gets all. Hits travel in slices of queries, each of
/// bytes_max at most (one query at least) if all ranks have all that is wanted; so a search is answered on any number
/// of ranks, or on none. Two verbs a slice. REQUIRES: the same queries and options on every rank.
/// errc::invalid_argument as check_search().
result<std::vector<std::vector<search_hit>>> search_corpus(corpus_group& group, const corpus_shard& shard,
                                                           std::span<const float> queries,
                                                           const search_options& options,
                                                           uint64_t bytes_max = search_bytes_max);

} // namespace weft
