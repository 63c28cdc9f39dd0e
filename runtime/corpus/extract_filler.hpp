#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace weft {

/// Budgets and tokens of an extract: shares are compared by products with the weight of a cluster, 2^22.
inline constexpr uint64_t extract_tokens_max = uint64_t{1} << 40;

/// An item of which an extract may be made.
struct extract_candidate {
  uint32_t item = 0;
  int32_t similarity = 0; ///< product with its cluster's centroid
  uint32_t tokens = 0;

  bool operator==(const extract_candidate&) const = default;
};

/// The order in which a cluster's items are tried: the nearest to its centroid first, of equally near ones the lowest.
constexpr bool is_nearer(const extract_candidate& a, const extract_candidate& b) noexcept {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.item < b.item;
}

struct extract_pick {
  uint32_t item = 0;
  uint32_t cluster = 0;
  uint32_t tokens = 0;

  bool operator==(const extract_pick&) const = default;
};

/// Fills a budget of tokens from clusters: next is always the one with the least tokens for its weight (of equal ones
/// the heaviest, then the first), and from it the nearest item that still fits. So every cluster speaks once, the
/// heavy ones first, before one speaks twice; then tokens are shared by weight. Ends when nothing is left that would
/// fit. Candidates are asked for as they are needed: however they come in pieces, the picks are the same.
class extract_filler {
public:
  /// weights: [clusters], of one without items 0. REQUIRES: budget up to extract_tokens_max, weights below 2^23.
  extract_filler(std::span<const uint32_t> weights, uint64_t budget);

  /// Picks until the budget is filled, then returns nothing; or until candidates are missing: the clusters that have
  /// none left, to each of which add() brings more.
  std::vector<uint32_t> run();

  /// The next of a cluster in the order of is_nearer(); those with more than tokens_left() may be left out. last: the
  /// cluster has no more. REQUIRES: run() asked for them; not empty unless they are the last.
  void add(uint32_t cluster, std::span<const extract_candidate> candidates, bool last);

  uint64_t tokens_left() const noexcept { return left_; }
  const std::vector<extract_pick>& picks() const noexcept { return picks_; } ///< the most important first
  std::vector<extract_pick> take_picks() noexcept { return std::move(picks_); }

private:
  struct source {
    uint64_t weight = 0;
    uint64_t used = 0; ///< tokens
    std::deque<extract_candidate> waiting{};
    bool last = false;
  };
  bool is_later(uint32_t a, uint32_t b) const noexcept;
  bool pick_from(uint32_t cluster);

  std::vector<source> sources_;
  std::vector<uint32_t> turn_; ///< heap of clusters, the next one first
  uint64_t left_;
  std::vector<extract_pick> picks_;
};

} // namespace weft
