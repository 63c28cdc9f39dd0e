#include "runtime/corpus_job/rank_plan.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mix_bits.hpp"
#include "runtime/corpus/corpus_shard.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace weft {
namespace {

/// Rounds of moving segments from those who have more to those who have less: each makes loads more even, so few do.
constexpr int balance_rounds_max = 8;
constexpr uint32_t nobody = ~uint32_t{0};

/// One planning under way; workers and segments by their index.
class planner {
public:
  planner(std::span<const segment_holding> holdings, std::span<const group_worker> live) : holdings_(holdings) {
    workers_.assign(live.begin(), live.end());
    std::sort(workers_.begin(), workers_.end());
    workers_.erase(std::unique(workers_.begin(), workers_.end()), workers_.end());
    owner_.assign(holdings.size(), nobody);
    loads_.assign(workers_.size(), 0);
    for (const auto& holding : holdings)
      candidates_.push_back(holding.items > 0 ? workers_at(holding.holders) : std::vector<uint32_t>{});
  }

  /// The first segment with items that no worker can load.
  std::optional<uint32_t> orphan() const {
    for (size_t s = 0; s < holdings_.size(); ++s)
      if (holdings_[s].items > 0 && candidates_[s].empty())
        return static_cast<uint32_t>(s);
    return std::nullopt;
  }

  void limit(uint32_t ranks_max);
  void keep(const rank_plan& before);
  void deal();
  rank_plan take() const;

private:
  std::vector<uint32_t> workers_at(const std::vector<node_id>& nodes) const {
    std::vector<uint32_t> out;
    for (uint32_t w = 0; w < workers_.size(); ++w)
      if (std::find(nodes.begin(), nodes.end(), workers_[w].node) != nodes.end())
        out.push_back(w);
    return out;
  }
  std::vector<uint64_t> cover(const std::vector<uint8_t>& is_covered) const;
  uint32_t least_loaded(const std::vector<uint32_t>& among) const {
    return *std::min_element(among.begin(), among.end(),
                             [&](uint32_t a, uint32_t b) { return std::pair(loads_[a], a) < std::pair(loads_[b], b); });
  }
  void give(size_t segment, uint32_t worker) {
    if (owner_[segment] != nobody)
      loads_[owner_[segment]] -= holdings_[segment].items;
    owner_[segment] = worker;
    loads_[worker] += holdings_[segment].items;
  }

  std::span<const segment_holding> holdings_;
  std::vector<group_worker> workers_;
  std::vector<std::vector<uint32_t>> candidates_; ///< [segments], ascending
  std::vector<uint32_t> owner_;                   ///< [segments]
  std::vector<uint64_t> loads_;                   ///< [workers], items
};

/// Items that each worker could load and nobody who was taken can.
std::vector<uint64_t> planner::cover(const std::vector<uint8_t>& is_covered) const {
  std::vector<uint64_t> out(workers_.size());
  for (size_t s = 0; s < holdings_.size(); ++s)
    for (const uint32_t w : candidates_[s])
      out[w] += is_covered[s] ? 0 : holdings_[s].items;
  return out;
}

void planner::limit(uint32_t ranks_max) {
  if (workers_.size() <= ranks_max)
    return;
  std::vector<uint8_t> is_covered(holdings_.size()), is_taken(workers_.size());
  for (uint32_t taken = 0; taken < ranks_max; ++taken) {
    auto gains = cover(is_covered);
    if (std::all_of(gains.begin(), gains.end(), [](uint64_t gain) { return gain == 0; }))
      gains = cover(std::vector<uint8_t>(holdings_.size())); // the rest makes shares smaller
    uint32_t best = nobody;
    for (uint32_t w = 0; w < workers_.size(); ++w)
      if (!is_taken[w] && (best == nobody || gains[w] > gains[best]))
        best = w;
    is_taken[best] = 1;
    for (size_t s = 0; s < holdings_.size(); ++s)
      if (std::binary_search(candidates_[s].begin(), candidates_[s].end(), best))
        is_covered[s] = 1;
  }
  for (auto& candidates : candidates_)
    std::erase_if(candidates, [&](uint32_t w) { return is_taken[w] == 0; });
}

void planner::keep(const rank_plan& before) {
  for (size_t r = 0; r < before.ranks.size(); ++r) {
    const auto at = std::lower_bound(workers_.begin(), workers_.end(), before.ranks[r]);
    if (at == workers_.end() || *at != before.ranks[r])
      continue;
    const auto worker = static_cast<uint32_t>(at - workers_.begin());
    for (const auto& had : before.shares[r])
      if (had.segment < holdings_.size() && holdings_[had.segment].hash == had.hash &&
          std::binary_search(candidates_[had.segment].begin(), candidates_[had.segment].end(), worker))
        give(had.segment, worker);
  }
}

void planner::deal() {
  std::vector<uint32_t> order;
  for (uint32_t s = 0; s < holdings_.size(); ++s)
    if (holdings_[s].items > 0 && owner_[s] == nobody)
      order.push_back(s);
  // Who has little choice first, and of these the large ones: what is left over is small and free.
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const auto key = [&](uint32_t s) { return std::tuple(candidates_[s].size(), ~holdings_[s].items, s); };
    return key(a) < key(b);
  });
  for (const uint32_t s : order)
    give(s, least_loaded(candidates_[s]));
  bool moved = true;
  for (int round = 0; moved && round < balance_rounds_max; ++round) {
    moved = false;
    for (const uint32_t s : order) {
      const uint32_t to = least_loaded(candidates_[s]);
      if (loads_[to] + holdings_[s].items >= loads_[owner_[s]])
        continue;
      give(s, to);
      moved = true;
    }
  }
}

rank_plan planner::take() const {
  rank_plan out;
  std::vector<uint32_t> rank_of(workers_.size(), nobody);
  for (uint32_t w = 0; w < workers_.size(); ++w)
    if (loads_[w] > 0) {
      rank_of[w] = static_cast<uint32_t>(out.ranks.size());
      out.ranks.push_back(workers_[w]);
    }
  out.shares.resize(out.ranks.size());
  for (size_t s = 0; s < holdings_.size(); ++s) {
    const auto& holding = holdings_[s];
    out.roster = mix_bits(out.roster ^ holding.hash) + holding.items;
    if (holding.items == 0)
      continue;
    out.shares[rank_of[owner_[s]]].push_back(
        {holding.segment, static_cast<uint32_t>(out.items), holding.items, holding.hash});
    out.items += holding.items;
  }
  return out;
}

failure refused_size(uint64_t items, size_t segments) {
  return {errc::too_many_items, "a corpus of " + std::to_string(items) + " items in " + std::to_string(segments) +
                                    " segments; at most " + std::to_string(corpus_items_max) + " items in " +
                                    std::to_string(corpus_segments_max) + " segments are taken: divide it"};
}

} // namespace

uint64_t items_of(std::span<const planned_segment> share) noexcept {
  return std::accumulate(share.begin(), share.end(), uint64_t{0},
                         [](uint64_t sum, const planned_segment& each) { return sum + each.items; });
}

result<rank_plan> plan_ranks(std::span<const segment_holding> holdings, std::span<const group_worker> live,
                             const rank_plan* before, uint32_t ranks_max) {
  WEFT_ASSERT(ranks_max > 0);
  WEFT_ASSERT(ranks_max <= collective_ranks_max);
  uint64_t items = 0;
  for (size_t s = 0; s < holdings.size(); ++s) {
    WEFT_ASSERT(holdings[s].segment == s);
    items += holdings[s].items;
  }
  if (items > corpus_items_max || holdings.size() > corpus_segments_max)
    return refused_size(items, holdings.size());
  if (items == 0)
    return failure{errc::invalid_argument, "no item of it has a vector: it has no texts, or all of them failed, and "
                                           "'weft job results --failed' says why"};
  planner plan(holdings, live);
  if (!plan.orphan())
    plan.limit(ranks_max);
  if (const auto orphan = plan.orphan())
    return failure{errc::unavailable,
                   "segment " + std::to_string(*orphan) + " lies on no node that can take part: wait for its nodes",
                   {{"segment", std::to_string(*orphan)}}};
  if (before)
    plan.keep(*before);
  plan.deal();
  return plan.take();
}

} // namespace weft
