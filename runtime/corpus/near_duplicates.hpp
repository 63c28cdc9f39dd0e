#pragma once

#include "runtime/corpus/duplicate_groups.hpp"
#include "runtime/corpus/duplicate_leaders.hpp"
#include "runtime/corpus/group_comparer.hpp"

#include <cstdint>
#include <vector>

namespace weft {

struct duplicate_options {
  /// Cosine in ten-thousandths from which two items are near duplicates, 1 to similarity_one.
  uint32_t similarity = 9'500;
  uint32_t group_items_max = 16'384;    ///< all pairs of a group are compared
  uint64_t round_bytes_max = 64U << 20; ///< of the points of a round; a round has one group at least
};

/// What was found so far: groups in their order, so that it can be continued with any division.
struct duplicate_checkpoint {
  uint32_t groups_done = 0;
  std::vector<near_duplicate> found; ///< ascending

  bool operator==(const duplicate_checkpoint&) const = default;
};

/// Near duplicates within each cluster, after SemDeDup (Abbas and others, 2023): items that mean the same are in one
/// cluster nearly always, so that not all pairs of a corpus are compared. Of each set the lowest item is kept. Groups
/// are taken in rounds; of those that lie on several ranks the points travel, each group is compared on one rank, and
/// what was found travels to all. The same for every division.
class near_duplicates {
public:
  /// plan_duplicate_groups(). shard: outlives this. engines: of this node, for large groups; without any all are
  /// compared here. errc::state_damaged: `from` is not of these groups.
  static result<near_duplicates> plan(corpus_group& group, const corpus_shard& shard, const assigned_points& points,
                                      uint32_t clusters, const duplicate_options& options, duplicate_checkpoint from,
                                      std::vector<corpus_engine> engines = {});

  bool done() const noexcept { return checkpoint_.groups_done == groups_.groups.size(); }
  /// One round, of groups of round_bytes_max together. Up to four verbs. REQUIRES: not done.
  status round(corpus_group& group);
  /// The same on every rank.
  const duplicate_checkpoint& checkpoint() const noexcept { return checkpoint_; }

private:
  near_duplicates(const corpus_shard& shard, const duplicate_options& options, duplicate_checkpoint from,
                  duplicate_groups groups, std::vector<corpus_engine> engines)
      : shard_(shard), options_(options), checkpoint_(std::move(from)), groups_(std::move(groups)),
        comparer_(std::move(engines), shard.dimensions, options.similarity) {}

  size_t round_end() const;
  std::string rows_of(size_t group) const;
  result<std::vector<near_duplicate>> compare(const corpus_group& group, size_t end,
                                              std::span<const std::string> blocks);
  status take(std::span<const std::string> blocks, size_t end);

  const corpus_shard& shard_;
  duplicate_options options_;
  duplicate_checkpoint checkpoint_;
  duplicate_groups groups_;
  group_comparer comparer_;
};

} // namespace weft
