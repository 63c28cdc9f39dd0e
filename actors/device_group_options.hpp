#pragma once

#include <chrono>
#include <cstdint>

namespace weft {

/// How a node takes part in the second phase of corpus jobs, and in searches.
struct device_group_options {
  uint64_t bytes_max = 64ULL << 20; ///< vectors of corpora in memory, with what ranks and searches make of them
  uint32_t corpora_max = 4;         ///< of which this node has a rank at once; further ones are errc::overloaded
  uint32_t searches_max = 16;       ///< at once, a thread each; further ones are errc::overloaded
  /// Of a verb, beside longest_between_verbs() of the corpus.
  std::chrono::milliseconds patience{300'000};
  /// For an engine that has the points of an iteration: a device needs a second of it; then the rank's thread computes.
  /// Several that were given theirs before are waited for together.
  std::chrono::milliseconds engine_patience{60'000};
  std::chrono::milliseconds engine_rest{600'000}; ///< of an engine that has failed at points
  /// Vectors that only searches need are kept so long after the last one.
  std::chrono::milliseconds idle_max{600'000};
  /// Of ranks' threads: calls have the CPUs first. 10 is about a tenth of a CPU beside a thread that wants all of it.
  int niceness = 10;
  /// A rank that is told to go has so long, beside its longest work between two verbs. One that is not gone then hangs,
  /// and the next epoch begins without it.
  std::chrono::milliseconds leave_max{60'000};
  uint32_t ranks_lost_max = 4; ///< that hang; with so many no epoch begins here until the node is started anew
  /// Where the node's engines are on devices, they take k-means, large groups of near duplicates and large searches.
  bool use_engines = true;
  /// Products of two numbers (queries · points · dimensions) of a large search: 3 ms of a CPU's core where queries are
  /// many, 11 ms for a single one (tests/bench/corpus_bench). A device has other batches to end first.
  uint64_t search_products_min = 200'000'000;
  std::chrono::milliseconds search_patience{2'000}; ///< for its engine; then a thread searches
};

} // namespace weft
