#include "runtime/compress/covering_picks.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <queue>

namespace weft {
namespace {

/// A unit with what it gained when that was last computed.
struct candidate {
  double worth = 0; ///< gain per token: a quotient of two exact numbers, so equal on any machine
  uint32_t unit = 0;

  /// Of equal ones the first in the text is better.
  bool operator<(const candidate& other) const noexcept {
    return worth != other.worth ? worth < other.worth : unit > other.unit;
  }
};

/// What is covered so far.
class coverage_state {
public:
  explicit coverage_state(const covering_problem& problem)
      : problem_(problem), units_(problem.costs.size()), best_(units_) {}

  int64_t gain(uint32_t unit) const noexcept {
    const auto* row = problem_.products.data() + unit * units_;
    int64_t sum = problem_.bonus.empty() ? 0 : problem_.bonus[unit];
    for (size_t j = 0; j < units_; ++j)
      sum += static_cast<int64_t>(std::max(0, row[j] - best_[j])) * problem_.importance[j];
    return sum;
  }
  candidate worth_of(uint32_t unit) const noexcept {
    const uint64_t cost = std::max<uint64_t>(1, uint64_t{problem_.costs[unit]} + problem_.cost_offset);
    return {static_cast<double>(gain(unit)) / static_cast<double>(cost), unit};
  }
  void take(uint32_t unit) noexcept {
    objective_ += static_cast<uint64_t>(gain(unit));
    const auto* row = problem_.products.data() + unit * units_;
    for (size_t j = 0; j < units_; ++j)
      best_[j] = std::max(best_[j], row[j]);
  }
  uint64_t objective() const noexcept { return objective_; }

private:
  const covering_problem& problem_;
  size_t units_;
  std::vector<int32_t> best_; ///< [units]: the highest product with a unit that was taken, 0 at least
  uint64_t objective_ = 0;
};

} // namespace

covering_picks pick_covering(const covering_problem& problem) {
  const auto units = static_cast<uint32_t>(problem.costs.size());
  WEFT_ASSERT(problem.products.size() == size_t{units} * units);
  WEFT_ASSERT(problem.importance.size() == units);
  coverage_state state{problem};
  std::vector<uint8_t> taken(units);
  for (uint32_t i = 0; i < problem.chosen.size(); ++i)
    if (problem.chosen[i]) {
      state.take(i);
      taken[i] = 1;
    }
  covering_picks out;
  uint64_t left = problem.budget;
  const auto take = [&](uint32_t unit) {
    state.take(unit);
    taken[unit] = 1;
    left -= problem.costs[unit];
    out.order.push_back(unit);
  };
  for (const auto unit : problem.start)
    if (!taken[unit] && problem.costs[unit] <= left)
      take(unit);

  std::vector<candidate> first;
  for (uint32_t i = 0; i < units; ++i)
    if (!taken[i])
      first.push_back(state.worth_of(i));
  std::priority_queue<candidate> waiting{std::less<candidate>{}, std::move(first)};
  std::vector<candidate> too_dear;
  while (!waiting.empty()) {
    auto top = waiting.top();
    waiting.pop();
    if (problem.costs[top.unit] > left) {
      too_dear.push_back(top);
      continue;
    }
    top = state.worth_of(top.unit);
    if (!waiting.empty() && top < waiting.top())
      waiting.push(top);
    else
      take(top.unit);
  }
  out.within = out.order.size();
  out.objective = state.objective();
  std::stable_sort(too_dear.begin(), too_dear.end(), [](const auto& a, const auto& b) { return b < a; });
  for (const auto& rest : too_dear)
    out.order.push_back(rest.unit);
  return out;
}

} // namespace weft
