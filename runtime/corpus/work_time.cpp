#include "runtime/corpus/work_time.hpp"

#include "runtime/points/seed_centroids.hpp"

#include <algorithm>

namespace weft {
namespace {

/// Limits of a corpus keep this far below 2^64.
std::chrono::milliseconds time_of(uint64_t products) {
  return std::chrono::milliseconds{products / (products_per_second_least / 1'000)};
}

} // namespace

std::chrono::milliseconds longest_between_verbs(const corpus_facts& facts, const corpus_options& options) {
  const uint64_t assignment = facts.items * clusters_of(options, facts.items) * facts.dimensions;
  if (options.duplicate_similarity == 0)
    return time_of(assignment);
  const uint64_t group = std::min<uint64_t>(options.duplicate_group_items, facts.items);
  const uint64_t round =
      std::min(facts.items * facts.dimensions, std::max(duplicate_options{}.round_bytes_max, group * facts.dimensions));
  return time_of(std::max(assignment, round * group / 2));
}

std::chrono::milliseconds longest_step(const corpus_facts& facts, const corpus_options& options) {
  const uint64_t clusters = clusters_of(options, facts.items);
  const uint64_t looked_at =
      std::min(facts.items, std::max<uint64_t>(seed_points_min, seed_points_per_cluster * clusters));
  return std::max(time_of(looked_at * clusters * facts.dimensions), longest_between_verbs(facts, options));
}

} // namespace weft
