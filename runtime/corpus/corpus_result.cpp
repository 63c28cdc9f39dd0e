#include "runtime/corpus/corpus_result.hpp"

#include "runtime/points/integer_root.hpp"

#include <algorithm>
#include <string>

namespace weft {

status check(const corpus_options& options) {
  const auto refuse = [](const char* what, uint64_t least, uint64_t most) {
    return failure{errc::invalid_argument,
                   std::string{what} + " has to be from " + std::to_string(least) + " to " + std::to_string(most)};
  };
  if (options.clusters > kmeans_clusters_max)
    return refuse("the number of clusters", 0, kmeans_clusters_max);
  if (options.iterations_max == 0 || options.iterations_max > kmeans_iterations_max)
    return refuse("the number of iterations", 1, kmeans_iterations_max);
  if (options.duplicate_similarity > similarity_one)
    return refuse("the similarity of duplicates", 0, similarity_one);
  if (options.duplicate_group_items < group_items_least || options.duplicate_group_items > group_items_limit)
    return refuse("the number of items of a group", group_items_least, group_items_limit);
  if (options.extract_tokens > extract_tokens_max)
    return refuse("the budget of the extract", 0, extract_tokens_max);
  return ok;
}

status check(const corpus_options& options, const corpus_facts& facts) {
  const uint64_t clusters = clusters_of(options, facts.items);
  if (clusters * facts.dimensions > cluster_values_max)
    return failure{errc::invalid_argument, std::to_string(clusters) + " clusters of " +
                                               std::to_string(facts.dimensions) + " dimensions are too many: ask for " +
                                               std::to_string(cluster_values_max / facts.dimensions) + " at most"};
  return ok;
}

uint32_t clusters_of(const corpus_options& options, uint64_t items) {
  const uint64_t wanted =
      options.clusters > 0 ? options.clusters : std::min<uint64_t>(integer_root(items), default_clusters_max);
  return static_cast<uint32_t>(std::min(wanted, items));
}

} // namespace weft
