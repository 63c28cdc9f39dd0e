#include "runtime/compress/learning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace weft {
namespace {

bool usable(const strategy_trial& trial) noexcept {
  const auto share = [](double x) { return x >= 0 && x <= 1; };
  return trial.strategy != compress_strategy::automatic &&
         static_cast<size_t>(trial.strategy) < compress_strategy_count && share(trial.coverage) &&
         share(trial.term_coverage);
}

std::string reason_for(double gain, double certain, uint64_t count, double cost, double cost_before) {
  char text[160];
  std::snprintf(text, sizeof text, "quality %+.3f (%.3f at least) on %llu texts", gain, certain,
                static_cast<unsigned long long>(count));
  std::string out{text};
  if (cost > 0 && cost_before > 0) {
    std::snprintf(text, sizeof text, "; %.3g s a MB instead of %.3g", cost, cost_before);
    out += text;
  }
  return out;
}

} // namespace

void strategy_learning::difference::add(double value) noexcept {
  if (count >= paired_trials_max) {
    count /= 2;
    squares /= 2;
  }
  ++count;
  const double before = value - mean;
  mean += before / static_cast<double>(count);
  squares += before * (value - mean);
}

void strategy_learning::record(content_kind kind, size_class size, std::span<const strategy_trial> trials) {
  auto& here = cells_[static_cast<size_t>(kind)][static_cast<size_t>(size)];
  for (const auto& trial : trials) {
    if (!usable(trial))
      continue;
    const auto mine = static_cast<size_t>(trial.strategy);
    if (trial.seconds_per_mb > 0 && std::isfinite(trial.seconds_per_mb)) {
      auto& cost = here.costs[mine];
      cost.count = std::min(cost.count + 1, paired_trials_max);
      cost.mean += (trial.seconds_per_mb - cost.mean) / static_cast<double>(cost.count);
    }
    for (const auto& other : trials)
      if (usable(other) && mine < static_cast<size_t>(other.strategy))
        here.pairs[mine][static_cast<size_t>(other.strategy)].add(trial.quality() - other.quality());
  }
}

std::optional<strategy_learning::rival> strategy_learning::best_rival(const cell& here, compress_strategy incumbent) {
  std::optional<rival> best;
  const auto mine = static_cast<size_t>(incumbent);
  for (size_t other = 1; other < compress_strategy_count; ++other) {
    if (other == mine)
      continue;
    const auto& pair = here.pairs[std::min(mine, other)][std::max(mine, other)];
    if (pair.count < paired_trials_min)
      continue;
    const auto count = static_cast<double>(pair.count);
    rival now{static_cast<compress_strategy>(other), other < mine ? pair.mean : -pair.mean, 0, pair.count};
    now.certain = now.gain - standard_errors_min * std::sqrt(pair.squares / (count - 1) / count);
    if (now.certain > quality_gain_min && (!best || now.certain > best->certain))
      best = now;
  }
  return best;
}

std::optional<policy_proposal> strategy_learning::propose(const compress_policy& now) const {
  policy_proposal out{now, {}};
  for (size_t k = 0; k < content_kind_count; ++k)
    for (size_t s = 0; s < size_class_count; ++s) {
      const auto kind = static_cast<content_kind>(k);
      const auto size = static_cast<size_class>(s);
      const auto incumbent = now.strategies[k][s];
      const auto found = best_rival(at(kind, size), incumbent);
      if (!found)
        continue;
      out.next.at(kind, size) = found->strategy;
      out.changes.push_back(
          {kind, size, incumbent, found->strategy,
           reason_for(found->gain, found->certain, found->count, seconds_per_mb(kind, size, found->strategy),
                      seconds_per_mb(kind, size, incumbent))});
    }
  if (out.changes.empty())
    return std::nullopt;
  out.next.number = std::min(now.number + 1, policy_number_max);
  return out;
}

uint64_t strategy_learning::paired(content_kind kind, size_class size, compress_strategy a,
                                   compress_strategy b) const noexcept {
  const auto one = static_cast<size_t>(a);
  const auto other = static_cast<size_t>(b);
  return at(kind, size).pairs[std::min(one, other)][std::max(one, other)].count;
}

double strategy_learning::seconds_per_mb(content_kind kind, size_class size,
                                         compress_strategy strategy) const noexcept {
  return at(kind, size).costs[static_cast<size_t>(strategy)].mean;
}

} // namespace weft
