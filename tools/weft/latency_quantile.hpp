#pragma once

#include "weft/v1/node.pb.h"

#include <optional>
#include <vector>

namespace weft::cli {

/// How many calls took at most how long; cumulative, the longest last.
using latency_steps = std::vector<v1::LatencyBucket>;

latency_steps latency_of(const v1::NodeLoad& load);

/// What happened between two looks at one histogram; nothing where the steps differ or a count went back (a restart).
std::optional<latency_steps> between(const latency_steps& before, const latency_steps& after);

/// Adds calls step by step. An empty `to` becomes `more`; steps that differ are left out.
void add(latency_steps& to, const latency_steps& more);

/// Seconds that the share q of the calls did not exceed, interpolated inside its step as PromQL's histogram_quantile
/// does: linearly, from zero in the first step; the lower edge of a step without an upper one. Nothing without calls.
/// REQUIRES: 0 <= q <= 1.
std::optional<double> quantile(const latency_steps& steps, double q);

} // namespace weft::cli
