#include "runtime/base/random_source.hpp"
#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus_job/rank_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace weft;

namespace {

group_worker worker(uint64_t node, uint64_t boot = 1) {
  return {node_id{node}, boot_epoch{boot}, 0};
}

std::vector<group_worker> workers(uint32_t count) {
  std::vector<group_worker> out;
  for (uint32_t n = 1; n <= count; ++n)
    out.push_back(worker(n));
  return out;
}

/// Segments with `copies` holders each, of 1 to items_max items.
std::vector<segment_holding> random_holdings(random_source& draw, uint32_t segments, uint32_t nodes, uint32_t copies,
                                             uint32_t items_max) {
  std::vector<segment_holding> out;
  uint64_t first = 0;
  for (uint32_t s = 0; s < segments; ++s) {
    segment_holding holding{s, first, 1 + draw.below(items_max), draw.below(3), draw.next(), {}};
    while (holding.holders.size() < copies) {
      const node_id node{1 + draw.below(nodes)};
      if (std::find(holding.holders.begin(), holding.holders.end(), node) == holding.holders.end())
        holding.holders.push_back(node);
    }
    first += holding.items + holding.failed;
    out.push_back(std::move(holding));
  }
  return out;
}

/// Every segment with items once, on a holder, with numbers that follow each other.
void check_plan(const rank_plan& plan, const std::vector<segment_holding>& holdings) {
  CHECK(std::is_sorted(plan.ranks.begin(), plan.ranks.end()));
  REQUIRE(plan.shares.size() == plan.ranks.size());
  std::vector<const planned_segment*> by_segment(holdings.size());
  for (size_t r = 0; r < plan.ranks.size(); ++r) {
    CHECK(!plan.shares[r].empty());
    for (const auto& each : plan.shares[r]) {
      REQUIRE(each.segment < holdings.size());
      const auto& holding = holdings[each.segment];
      CHECK(std::count(holding.holders.begin(), holding.holders.end(), plan.ranks[r].node) == 1);
      CHECK(each.items == holding.items);
      CHECK(each.hash == holding.hash);
      CHECK(by_segment[each.segment] == nullptr);
      by_segment[each.segment] = &each;
    }
  }
  uint64_t next = 0;
  for (size_t s = 0; s < holdings.size(); ++s) {
    CHECK((by_segment[s] != nullptr) == (holdings[s].items > 0));
    if (!by_segment[s])
      continue;
    CHECK(by_segment[s]->first_number == next);
    next += by_segment[s]->items;
  }
  CHECK(plan.items == next);
}

uint64_t largest(const rank_plan& plan) {
  uint64_t out = 0;
  for (const auto& share : plan.shares)
    out = std::max(out, items_of(share));
  return out;
}

} // namespace

TEST_CASE("each segment is loaded once, by a holder, and shares are even") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    random_source draw(seed);
    const uint32_t nodes = 3 + draw.below(6);
    const auto holdings = random_holdings(draw, 60 + draw.below(200), nodes, 3, 256);
    const auto plan = plan_ranks(holdings, workers(nodes));
    REQUIRE(plan);
    check_plan(*plan, holdings);
    CHECK(plan->ranks.size() == nodes);
    CHECK(largest(*plan) <= plan->items / nodes + 256);
  }
}

TEST_CASE("the plan depends neither on the order of holders nor on that of workers") {
  random_source draw(5);
  auto holdings = random_holdings(draw, 90, 5, 3, 200);
  auto live = workers(5);
  const auto want = plan_ranks(holdings, live);
  REQUIRE(want);
  for (int round = 0; round < 10; ++round) {
    for (auto& holding : holdings)
      std::swap(holding.holders[0], holding.holders[draw.below(3)]);
    std::swap(live[0], live[draw.below(5)]);
    live.push_back(live[draw.below(5)]); // named twice
    const auto plan = plan_ranks(holdings, live);
    REQUIRE(plan);
    CHECK(*plan == *want);
  }
}

TEST_CASE("when a rank dies the others keep what they loaded, and its segments are divided among their holders") {
  random_source draw(7);
  const auto holdings = random_holdings(draw, 200, 5, 3, 100);
  const auto before = plan_ranks(holdings, workers(5));
  REQUIRE(before);
  auto live = workers(5);
  live.erase(live.begin() + 2);
  const auto after = plan_ranks(holdings, live, &*before);
  REQUIRE(after);
  check_plan(*after, holdings);
  for (size_t r = 0; r < before->ranks.size(); ++r) {
    const auto at = std::find(after->ranks.begin(), after->ranks.end(), before->ranks[r]);
    if (at == after->ranks.end())
      continue;
    const auto& now = after->shares[static_cast<size_t>(at - after->ranks.begin())];
    for (const auto& had : before->shares[r])
      CHECK(std::find(now.begin(), now.end(), had) != now.end());
  }
  CHECK(largest(*after) <= after->items / 4 + after->items / 10);
}

TEST_CASE("a process that has started anew keeps nothing of what its former self loaded") {
  random_source draw(8);
  const auto holdings = random_holdings(draw, 40, 3, 3, 50);
  const auto before = plan_ranks(holdings, workers(3));
  REQUIRE(before);
  const std::vector<group_worker> live{worker(1), worker(2, 2), worker(3)};
  const auto after = plan_ranks(holdings, live, &*before);
  REQUIRE(after);
  check_plan(*after, holdings);
  CHECK(after->roster == before->roster);
}

TEST_CASE("results in another form are another roster, and are loaded anew") {
  random_source draw(9);
  auto holdings = random_holdings(draw, 10, 3, 2, 50);
  const auto before = plan_ranks(holdings, workers(3));
  REQUIRE(before);
  holdings[4].hash ^= 1;
  const auto after = plan_ranks(holdings, workers(3), &*before);
  REQUIRE(after);
  check_plan(*after, holdings);
  CHECK(after->roster != before->roster);
}

TEST_CASE("segments without a vector are loaded by nobody, and nodes without a segment are no ranks") {
  const std::vector<segment_holding> holdings{{0, 0, 5, 0, 11, {node_id{1}}},
                                              {1, 5, 0, 9, 12, {}}, // all failed, on no live node
                                              {2, 14, 3, 1, 13, {node_id{3}, node_id{9}}}};
  const auto plan = plan_ranks(holdings, workers(4));
  REQUIRE(plan);
  check_plan(*plan, holdings);
  CHECK(plan->ranks == std::vector{worker(1), worker(3)});
  CHECK(plan->items == 8);
}

TEST_CASE("a segment on no live node, no vectors at all, too much: each says so") {
  const std::vector<segment_holding> lost{{0, 0, 5, 0, 1, {node_id{1}}}, {1, 5, 5, 0, 2, {node_id{7}}}};
  const auto orphan = plan_ranks(lost, workers(3));
  REQUIRE(!orphan);
  CHECK(orphan.error().code == errc::unavailable);
  CHECK(orphan.error().metadata == std::vector<std::pair<std::string, std::string>>{{"segment", "1"}});
  const std::vector<segment_holding> none{{0, 0, 0, 4, 1, {node_id{1}}}};
  const auto empty = plan_ranks(none, workers(3));
  REQUIRE(!empty);
  CHECK(empty.error().code == errc::invalid_argument);
  std::vector<segment_holding> many;
  for (uint32_t s = 0; s * 256ULL <= corpus_items_max; ++s)
    many.push_back({s, s * 256ULL, 256, 0, s, {node_id{1}}});
  const auto too_many = plan_ranks(many, workers(1));
  REQUIRE(!too_many);
  CHECK(too_many.error().code == errc::too_many_items);
}

TEST_CASE("of more holders than ranks those are taken who cover everything") {
  // Node n holds segment n alone, and node 1 to 3 hold the rest between them.
  random_source draw(12);
  auto holdings = random_holdings(draw, 120, 3, 1, 20);
  for (auto& holding : holdings)
    holding.holders.push_back(node_id{4 + draw.below(17)});
  const auto plan = plan_ranks(holdings, workers(20), nullptr, 3);
  REQUIRE(plan);
  check_plan(*plan, holdings);
  CHECK(plan->ranks.size() == 3);
  const auto too_few = plan_ranks(holdings, workers(20), nullptr, 2);
  REQUIRE(!too_few);
  CHECK(too_few.error().code == errc::unavailable);
}
