#pragma once

#include "runtime/corpus/cluster_summary.hpp"
#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus/extract_filler.hpp"
#include "runtime/corpus/near_duplicates.hpp"
#include "runtime/corpus/shard_clusters.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// Sums that travel in each iteration: 64 MiB of int32.
inline constexpr uint64_t cluster_values_max = 16ULL << 20;
/// All pairs of so many items may be compared on one rank.
inline constexpr uint32_t group_items_limit = 65'536;
/// Smaller groups are more groups, of which every rank knows how many items each rank has: with 16 items, 4 Mi items
/// and 64 ranks these are 150 MB.
inline constexpr uint32_t group_items_least = 16;
/// Clusters where nobody says how many.
inline constexpr uint32_t default_clusters_max = 1'024;

/// What is asked of a corpus.
struct corpus_options {
  uint32_t clusters = 0; ///< 0: the root of the number of items, at most default_clusters_max
  uint32_t iterations_max = 25;
  uint64_t seed = 1;
  uint32_t duplicate_similarity = 9'500; ///< duplicate_options::similarity; 0: duplicates are not looked for
  /// duplicate_options::group_items_max, from group_items_least to group_items_limit
  uint32_t duplicate_group_items = 16'384;
  uint64_t extract_tokens = 0; ///< extract_options::tokens; 0: no extract

  bool operator==(const corpus_options&) const = default;
};

/// errc::invalid_argument: a number is out of its range; the message names it and the range.
status check(const corpus_options& options);

/// errc::invalid_argument: more clusters than cluster_values_max allows for so many dimensions.
status check(const corpus_options& options, const corpus_facts& facts);

/// The clusters of a corpus: what was asked for, or the default; never more than items.
uint32_t clusters_of(const corpus_options& options, uint64_t items);

/// What a run does next. The numbers are in checkpoints.
enum class corpus_step : uint8_t { measure, seeds, iterations, duplicates, summary, extract, done };
constexpr std::string_view to_string(corpus_step s) noexcept {
  switch (s) {
  case corpus_step::measure:
    return "measure";
  case corpus_step::seeds:
    return "seeds";
  case corpus_step::iterations:
    return "iterations";
  case corpus_step::duplicates:
    return "duplicates";
  case corpus_step::summary:
    return "summary";
  case corpus_step::extract:
    return "extract";
  case corpus_step::done:
    return "done";
  }
  return "?";
}

/// A run between two steps: the same on every rank and for every division, so that any ranks that have the same items
/// together can go on from it.
struct corpus_checkpoint {
  corpus_options options;
  corpus_facts facts;
  corpus_step next = corpus_step::seeds; ///< seeds to extract
  cluster_checkpoint clusters;           ///< empty before seeds
  duplicate_checkpoint duplicates;       ///< empty before duplicates
  std::vector<corpus_cluster> summary;   ///< [clusters], empty before extract

  bool operator==(const corpus_checkpoint&) const = default;
};

/// What came of a corpus.
struct corpus_result {
  corpus_facts facts;
  uint32_t iterations = 0;
  std::vector<int8_t> centroids;          ///< [clusters, dimensions]
  std::vector<corpus_cluster> clusters;   ///< [clusters]
  std::vector<near_duplicate> duplicates; ///< ascending
  std::vector<extract_pick> extract;      ///< ascending by item: the order to read them in
  std::vector<uint32_t> labels;           ///< [facts.items]: the cluster of each

  bool operator==(const corpus_result&) const = default;
};

} // namespace weft
