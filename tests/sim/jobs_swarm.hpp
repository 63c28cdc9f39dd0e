#pragma once

#include "tests/sim/jobs_cluster.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft::sim {

struct jobs_swarm_result {
  std::string problem; ///< empty: none
  uint64_t hash = 0;
  uint32_t nodes = 0;
  uint32_t faults = 0;
  size_t jobs = 0;
  size_t corpora = 0;         ///< of these
  size_t corpora_made = 0;    ///< of these: with a result, that clients have read and found right
  uint64_t items = 0;         ///< acknowledged
  uint64_t computed = 0;      ///< items, some more than once
  double equal_seconds = 0;   ///< from the last fault until the tables were equal
  double ended_seconds = 0;   ///< from the last fault until every job but corpora had ended everywhere
  double corpora_seconds = 0; ///< likewise, with corpora
};

/// One random life of a cluster with clients, from the seed alone. Safety phase, 40 s: processes that go or stand
/// still, machines that lose power, disks that are full, slow, lost or damaged, links that are cut one way or both,
/// lossy, clogged, that double, reorder and change bytes; engines that stall or fail; nodes that drain or have no room
/// for vectors; clients that are cut and come back elsewhere, or leave. Then all faults end: within 30 s the tables of
/// all nodes are equal, within 60 s every job has ended with one result for each item, within 3 min every corpus with
/// what one rank makes of its texts, or with a reason that it has; soon nobody holds anything for it. At all times an
/// isolated node acknowledges nothing, and at the end all that was acknowledged is there, on two nodes; in every fifth
/// life also in its place, and nothing else is.
jobs_swarm_result run_jobs_swarm(uint64_t seed);

/// Texts of a job: short ones, a few of them poison.
std::vector<std::string> random_texts(random_source& random, const std::string& name, uint32_t count,
                                      bool is_corpus = false);

} // namespace weft::sim
