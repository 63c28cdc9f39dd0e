#include "runtime/base/random_source.hpp"
#include "runtime/corpus/extract_filler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace weft;

namespace {

using candidates = std::vector<std::vector<extract_candidate>>; // [clusters], the nearest first

/// All that a filler asks for, so many at a time.
std::vector<extract_pick> fill(const candidates& all, uint64_t budget, size_t at_once) {
  std::vector<uint32_t> weights;
  for (const auto& cluster : all)
    weights.push_back(static_cast<uint32_t>(cluster.size()));
  extract_filler filler(weights, budget);
  std::vector<size_t> given(all.size());
  while (true) {
    const auto missing = filler.run();
    if (missing.empty())
      return filler.take_picks();
    for (const uint32_t c : missing) {
      const size_t count = std::min(at_once, all[c].size() - given[c]);
      filler.add(c, std::span(all[c]).subspan(given[c], count), given[c] + count == all[c].size());
      given[c] += count;
    }
  }
}

/// The contract in the plainest way: looks at every cluster for every pick.
std::vector<extract_pick> fill_plainly(candidates all, uint64_t budget) {
  std::vector<uint64_t> used(all.size()), weights;
  for (const auto& cluster : all)
    weights.push_back(cluster.size());
  std::vector<extract_pick> picks;
  while (true) {
    std::optional<size_t> next;
    for (size_t c = 0; c < all.size(); ++c) {
      std::erase_if(all[c], [&](auto& each) { return each.tokens > budget; });
      if (all[c].empty())
        continue;
      if (!next || used[c] * weights[*next] < used[*next] * weights[c] ||
          (used[c] * weights[*next] == used[*next] * weights[c] && weights[c] > weights[*next]))
        next = c;
    }
    if (!next || budget == 0)
      return picks;
    const auto taken = all[*next].front();
    all[*next].erase(all[*next].begin());
    picks.push_back({taken.item, static_cast<uint32_t>(*next), taken.tokens});
    used[*next] += taken.tokens;
    budget -= taken.tokens;
  }
}

candidates some_candidates(uint64_t seed, size_t clusters) {
  random_source draw(seed);
  candidates all(clusters);
  uint32_t item = 0;
  for (auto& cluster : all) {
    const uint32_t count = draw.below(30);
    for (uint32_t i = 0; i < count; ++i)
      cluster.push_back({item++, static_cast<int32_t>(draw.below(10)) - 5, 1 + draw.below(60)});
    std::sort(cluster.begin(), cluster.end(), is_nearer);
  }
  return all;
}

} // namespace

TEST_CASE("every cluster speaks once, the heavy ones first, before one speaks twice") {
  const candidates all{
      {{0, 9, 10}, {1, 8, 10}}, {{2, 9, 10}, {3, 8, 10}, {4, 7, 10}, {5, 6, 10}}, {}, {{6, 9, 10}, {7, 8, 10}}};
  const auto items = [&](uint64_t budget) {
    std::vector<uint32_t> out;
    for (const auto& pick : fill(all, budget, 100))
      out.push_back(pick.item);
    return out;
  };
  CHECK(items(0).empty());
  CHECK(items(9).empty());
  CHECK(items(10) == std::vector<uint32_t>{2});
  CHECK(items(30) == std::vector<uint32_t>{2, 0, 6});
  CHECK(items(69) == std::vector<uint32_t>{2, 0, 6, 3, 4, 1});
  CHECK(items(1'000).size() == 8);
}

TEST_CASE("what no longer fits makes room for what does, until nothing does") {
  const candidates all{{{0, 9, 50}, {1, 8, 200}, {2, 7, 4}}, {{3, 9, 30}}};
  const auto picks = fill(all, 90, 1);
  CHECK(picks == std::vector<extract_pick>{{0, 0, 50}, {3, 1, 30}, {2, 0, 4}});
}

TEST_CASE("picks are those of the contract, written plainly, however candidates come") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const auto all = some_candidates(seed, 1 + seed % 9);
    for (const uint64_t budget : {uint64_t{40}, uint64_t{333}, uint64_t{2'000}, extract_tokens_max}) {
      const auto want = fill_plainly(all, budget);
      for (const size_t at_once : {1, 3, 1'000})
        CHECK(fill(all, budget, at_once) == want);
    }
  }
}
