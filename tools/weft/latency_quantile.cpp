#include "tools/weft/latency_quantile.hpp"

#include <algorithm>
#include <cmath>

namespace weft::cli {
namespace {

bool same_steps(const latency_steps& a, const latency_steps& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.seconds_max() == y.seconds_max(); });
}

} // namespace

latency_steps latency_of(const v1::NodeLoad& load) {
  return {load.call_latency().begin(), load.call_latency().end()};
}

std::optional<latency_steps> between(const latency_steps& before, const latency_steps& after) {
  if (!same_steps(before, after))
    return std::nullopt;
  latency_steps out = after;
  for (size_t i = 0; i < out.size(); ++i) {
    if (after[i].calls() < before[i].calls())
      return std::nullopt;
    out[i].set_calls(after[i].calls() - before[i].calls());
  }
  return out;
}

void add(latency_steps& to, const latency_steps& more) {
  if (to.empty())
    to = more;
  else if (same_steps(to, more))
    for (size_t i = 0; i < to.size(); ++i)
      to[i].set_calls(to[i].calls() + more[i].calls());
}

std::optional<double> quantile(const latency_steps& steps, double q) {
  if (steps.empty() || steps.back().calls() == 0)
    return std::nullopt;
  const double rank = q * static_cast<double>(steps.back().calls());
  size_t at = 0;
  while (at + 1 < steps.size() && static_cast<double>(steps[at].calls()) < rank)
    ++at;
  const double low = at == 0 ? 0 : steps[at - 1].seconds_max();
  const double below = at == 0 ? 0 : static_cast<double>(steps[at - 1].calls());
  const double inside = static_cast<double>(steps[at].calls()) - below;
  if (!std::isfinite(steps[at].seconds_max()) || inside <= 0)
    return low;
  return low + (steps[at].seconds_max() - low) * (rank - below) / inside;
}

} // namespace weft::cli
