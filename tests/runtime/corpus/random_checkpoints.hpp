#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/corpus/corpus_result.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <algorithm>
#include <vector>

namespace weft::test {

/// Checkpoints and results as runs make them, from a seed.
class random_checkpoints {
public:
  explicit random_checkpoints(uint64_t seed) : draw_(seed) {}

  corpus_checkpoint checkpoint() {
    corpus_checkpoint out;
    out.options = {draw_.below(9),
                   1 + draw_.below(40),
                   draw_.next(),
                   draw_.below(similarity_one + 1),
                   group_items_least + draw_.below(group_items_limit - group_items_least + 1),
                   draw_.below(99)};
    out.facts = facts();
    out.next = static_cast<corpus_step>(1 + draw_.below(5));
    if (out.next == corpus_step::seeds)
      return out;
    out.clusters = {draw_.below(out.options.iterations_max), false, radius_of(out.facts.squares, out.facts.items),
                    centroids(clusters_of(out.options, out.facts.items), out.facts.dimensions)};
    if (out.next == corpus_step::iterations)
      return out;
    ++out.clusters.iteration;
    out.clusters.settled = true;
    out.duplicates = {draw_.below(static_cast<uint32_t>(out.facts.items)), duplicates(out.facts.items)};
    if (out.next == corpus_step::extract)
      out.summary = summary(clusters_of(out.options, out.facts.items), out.facts.items);
    return out;
  }

  corpus_result outcome() {
    corpus_result out;
    out.facts = facts();
    out.iterations = 1 + draw_.below(30);
    const uint32_t clusters = clusters_of({}, out.facts.items);
    out.centroids = centroids(clusters, out.facts.dimensions);
    out.clusters = summary(clusters, out.facts.items);
    out.duplicates = duplicates(out.facts.items);
    for (uint32_t item = 0; item < out.facts.items; ++item)
      if (draw_.chance(0.2))
        out.extract.push_back({item, draw_.below(clusters), draw_.below(1'000)});
    for (uint32_t cluster = 0; cluster < clusters; ++cluster)
      out.labels.insert(out.labels.end(), out.clusters[cluster].items, cluster);
    return out;
  }

  random_source& draw() { return draw_; }

private:
  corpus_facts facts() {
    corpus_facts out{1 + draw_.below(60), 1 + draw_.below(8), static_cast<int32_t>(draw_.below(20)) - 10, 0,
                     draw_.next()};
    out.squares = out.items * out.dimensions * (1 + draw_.below(16'000));
    return out;
  }
  std::vector<int8_t> centroids(uint32_t clusters, uint32_t dimensions) {
    std::vector<int8_t> out(size_t{clusters} * dimensions);
    for (auto& x : out)
      x = static_cast<int8_t>(draw_.next() >> 56);
    return out;
  }
  std::vector<near_duplicate> duplicates(uint64_t items) {
    std::vector<near_duplicate> out;
    std::vector<uint32_t> kept;
    for (uint32_t item = 0; item < items; ++item)
      if (!kept.empty() && draw_.chance(0.3))
        out.push_back({item, kept[draw_.below(static_cast<uint32_t>(kept.size()))]});
      else
        kept.push_back(item);
    return out;
  }
  std::vector<corpus_cluster> summary(uint32_t clusters, uint64_t items) {
    std::vector<corpus_cluster> out(clusters);
    for (uint64_t i = 0; i < items; ++i)
      ++out[draw_.below(clusters)].items;
    for (auto& cluster : out)
      if (cluster.items > 0) {
        cluster.distinct = 1 + draw_.below(cluster.items);
        cluster.representative = draw_.below(static_cast<uint32_t>(items));
        cluster.similarity = static_cast<int32_t>(draw_.below(2'000)) - 1'000;
      }
    return out;
  }

  random_source draw_;
};

} // namespace weft::test
