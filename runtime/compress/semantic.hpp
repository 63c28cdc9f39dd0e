#pragma once

#include "runtime/compress/covering_picks.hpp"
#include "runtime/compress/strategy.hpp"
#include "runtime/compress/unit_vectors.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Units that are compared with each other: memory and time stay linear in the text, each block having its share of the
/// budget by its tokens.
inline constexpr uint32_t semantic_block_max = 2'048;

struct semantic_request {
  const document* source = nullptr;      ///< not null, stays
  const unit_vectors* vectors = nullptr; ///< not null, stays
  std::span<const uint8_t> required{};   ///< [units]; empty: none
  uint64_t budget = 0;                   ///< tokens
  std::string_view query{};              ///< where vectors->query is not empty: its text
  std::span<const uint32_t> favour{};    ///< [units], 0 to 256: what others think of a unit; empty: nobody is asked
};

/// Chooses by meaning: k-means finds what a text is about (as many clusters as units fit the budget), and facility
/// location picks the units that cover most of it for their tokens, beginning with the clusters' representatives where
/// that covers more. What resembles a picked unit gains little, so redundancy pays for itself. Rare facts have a small
/// bonus. With a query, half of the budget goes to the units nearest to it, and the rest covers what is near it rather
/// than what is not.
///
///   while (auto work = plan.next()) plan.take(output of an engine);
class semantic_plan {
public:
  explicit semantic_plan(const semantic_request& request);

  /// kmeans_work or similarity_work; nothing: the ranking is there.
  std::optional<engine_work> next();
  /// The answer to what next() gave last. errc::internal: of the wrong kind or size.
  status take(const engine_output& output);

  /// REQUIRES: next() gave nothing.
  strategy_ranking ranking() const { return ranking(&block::picks); }
  /// The same with a bonus for units that others favour. REQUIRES: next() gave nothing, and favour was given.
  strategy_ranking favoured_ranking() const { return ranking(&block::favoured); }

private:
  enum class stage : uint8_t { cluster, compare, done };
  struct block {
    uint32_t begin = 0; ///< units [begin, end)
    uint32_t end = 0;
    uint64_t budget = 0; ///< for those that are not chosen yet
    uint32_t clusters = 0;
    covering_picks picks{};
    covering_picks favoured{};
  };

  void pick_for_query();
  void cut_blocks();
  uint32_t clusters_for(const block& now) const;
  engine_work kmeans_for(const block& now) const;
  engine_work similarity_for(const block& now) const;
  std::vector<uint32_t> representatives(const block& now, const kmeans_output& found) const;
  void choose(block& now, std::span<const int32_t> products);
  strategy_ranking ranking(covering_picks block::*picks) const;

  semantic_request request_;
  std::vector<uint8_t> chosen_;     ///< [units]: required, or for the query
  std::vector<uint32_t> interest_;  ///< [units]: of facts
  std::vector<uint32_t> relevance_; ///< [units], 0 to 256; empty: no query
  std::vector<uint32_t> for_query_; ///< units picked for it, the nearest first
  std::vector<block> blocks_;
  size_t at_ = 0; ///< of blocks_
  stage stage_ = stage::done;
  std::vector<uint32_t> start_; ///< representatives of blocks_[at_], by number within it
  uint32_t clusters_all_ = 0;
};

} // namespace weft
