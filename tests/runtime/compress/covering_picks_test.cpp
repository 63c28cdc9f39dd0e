#include "runtime/base/random_source.hpp"
#include "runtime/compress/covering_picks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace weft;

namespace {

struct arrays {
  std::vector<int32_t> products;
  std::vector<uint32_t> costs;
  std::vector<uint32_t> importance;
  covering_problem problem(uint64_t budget) const {
    covering_problem out;
    out.products = products;
    out.costs = costs;
    out.importance = importance;
    out.budget = budget;
    return out;
  }
};

/// Units in groups: those of one are like each other (900 to 1 000), others are not (up to 200).
arrays grouped(uint64_t seed, uint32_t units, uint32_t groups) {
  random_source random{seed};
  arrays out;
  out.products.resize(size_t{units} * units);
  for (uint32_t i = 0; i < units; ++i) {
    out.costs.push_back(5 + random.below(10));
    out.importance.push_back(usual_importance);
    for (uint32_t j = 0; j <= i; ++j) {
      const int32_t product = i == j                     ? 1'000
                              : i % groups == j % groups ? 900 + static_cast<int32_t>(random.below(100))
                                                         : static_cast<int32_t>(random.below(400)) - 200;
      out.products[size_t{i} * units + j] = out.products[size_t{j} * units + i] = product;
    }
  }
  return out;
}

/// What taking these reaches, computed from the definition.
uint64_t objective_of(const arrays& data, std::span<const uint32_t> taken) {
  uint64_t out = 0;
  const auto units = data.costs.size();
  for (size_t j = 0; j < units; ++j) {
    int32_t best = 0;
    for (const auto i : taken)
      best = std::max(best, data.products[i * units + j]);
    out += static_cast<uint64_t>(best) * data.importance[j];
  }
  return out;
}

} // namespace

TEST_CASE("every unit is in the order once, the first ones fit the budget, and the objective is what they reach") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const auto data = grouped(seed, 60, 7);
    const auto picks = pick_covering(data.problem(80));
    CHECK(picks.order.size() == 60);
    auto sorted = picks.order;
    std::sort(sorted.begin(), sorted.end());
    std::vector<uint32_t> all(60);
    std::iota(all.begin(), all.end(), 0U);
    CHECK(sorted == all);
    const auto within = std::span{picks.order}.first(picks.within);
    uint64_t cost = 0;
    for (const auto unit : within)
      cost += data.costs[unit];
    CHECK(cost <= 80);
    for (const auto unit : std::span{picks.order}.subspan(picks.within))
      CHECK(cost + data.costs[unit] > 80);
    CHECK(picks.objective == objective_of(data, within));
  }
}

TEST_CASE("lazy picks are those of the plain greedy rule") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto data = grouped(seed, 40, 5);
    const auto picks = pick_covering(data.problem(100'000));
    std::vector<uint32_t> taken;
    for (const auto unit : picks.order) {
      const auto before = objective_of(data, taken);
      const auto worth = [&](uint32_t candidate) {
        auto with = taken;
        with.push_back(candidate);
        return static_cast<double>(objective_of(data, with) - before) / data.costs[candidate];
      };
      const auto mine = worth(unit);
      for (uint32_t other = 0; other < 40; ++other)
        if (std::find(taken.begin(), taken.end(), other) == taken.end())
          CHECK(worth(other) <= mine);
      taken.push_back(unit);
    }
  }
}

TEST_CASE("each group has one of its own before any has two") {
  const auto data = grouped(3, 70, 7);
  const auto picks = pick_covering(data.problem(1'000));
  std::vector<uint32_t> groups;
  for (size_t i = 0; i < 7; ++i)
    groups.push_back(picks.order[i] % 7);
  std::sort(groups.begin(), groups.end());
  CHECK(std::unique(groups.begin(), groups.end()) == groups.end());
}

TEST_CASE("what is chosen already is not picked, and what it covers is not covered again") {
  const auto data = grouped(4, 70, 7);
  std::vector<uint8_t> chosen(70);
  chosen[0] = chosen[1] = 1;
  auto problem = data.problem(1'000);
  problem.chosen = chosen;
  const auto picks = pick_covering(problem);
  CHECK(picks.order.size() == 68);
  for (size_t i = 0; i < 5; ++i) {
    CHECK(picks.order[i] > 1);
    CHECK(picks.order[i] % 7 > 1);
  }
}

TEST_CASE("importance, bonus and start say what comes first") {
  auto data = grouped(5, 30, 30);
  data.importance[17] = 16 * usual_importance;
  CHECK(pick_covering(data.problem(1'000)).order[0] == 17);
  data.importance[17] = usual_importance;
  std::vector<int64_t> bonus(30);
  bonus[9] = 1'000'000;
  auto problem = data.problem(1'000);
  problem.bonus = bonus;
  CHECK(pick_covering(problem).order[0] == 9);
  const uint32_t start[] = {21, 3};
  problem.start = start;
  const auto picks = pick_covering(problem);
  CHECK(picks.order[0] == 21);
  CHECK(picks.order[1] == 3);
  CHECK(picks.order[2] == 9);
}

TEST_CASE("of equal units the first in the text is picked, and no units are no picks") {
  arrays data;
  data.products.assign(9, 100);
  data.costs = {5, 5, 5};
  data.importance.assign(3, usual_importance);
  CHECK(pick_covering(data.problem(100)).order == std::vector<uint32_t>{0, 1, 2});
  CHECK(pick_covering(data.problem(0)).within == 0);
  CHECK(pick_covering({}).order.empty());
}
