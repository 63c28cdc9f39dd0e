#pragma once

#include "runtime/corpus/corpus_shard.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

inline constexpr uint32_t search_queries_max = 256;
inline constexpr uint32_t search_candidates_max = 16'384;
/// Of hits that are gathered at once; those of one query on 64 ranks are a quarter of it at most.
inline constexpr uint64_t search_bytes_max = 64U << 20;

/// An item that is near to a query.
struct search_hit {
  uint32_t item = 0;
  int32_t product = 0; ///< of points of 8 bits: exact, the same everywhere
  double score = 0;    ///< cosine: of the rows of floats where the shard kept them, else by the product

  bool operator==(const search_hit&) const = default;
};

struct search_options {
  uint32_t count = 10; ///< hits that are wanted of each query
  /// Of so many candidates by product the best by score are taken; at least count. More than count only helps where
  /// shards keep their rows: 10 a hit keep nearly all of the exact top (runtime/points).
  uint32_t candidates = 100;
};

/// errc::invalid_argument: no dimensions or others than the shard's, queries that are cut or too many, no hits or more
/// than search_candidates_max wanted. queries: [queries, dimensions].
status check_search(const corpus_shard& shard, std::span<const float> queries, const search_options& options);

/// Hits of one query in one shard: the candidates with the largest products, of equal ones the lowest items; in this
/// order. Each query is scaled by itself. Every product of the shard is looked at. REQUIRES: check_search() found
/// nothing.
std::vector<std::vector<search_hit>> search_shard(const corpus_shard& shard, std::span<const float> queries,
                                                  const search_options& options);

/// The best of one query over all shards: of all hits the candidates with the largest products, of these the `count`
/// with the best scores; of equal ones the lowest items. The same however items are divided, so also for whoever asks
/// every node by itself. parts: what search_shard() gave for the query with the same options, in any order.
std::vector<search_hit> merge_hits(std::span<const std::vector<search_hit>> parts, const search_options& options);

/// search_shard() on every rank and merge_hits(): every rank gets all. Hits travel in slices of queries, each of
/// bytes_max at most (one query at least) if all ranks have all candidates; so a search is answered on any number of
/// ranks, or on none. Two verbs a slice. REQUIRES: the same queries and options on every rank. errc::invalid_argument
/// as check_search().
result<std::vector<std::vector<search_hit>>> search_corpus(corpus_group& group, const corpus_shard& shard,
                                                           std::span<const float> queries,
                                                           const search_options& options,
                                                           uint64_t bytes_max = search_bytes_max);

} // namespace weft
