#pragma once

#include "runtime/compress/strategy.hpp"

namespace weft {

/// Budgets by structure: each section has a share of the budget by the square root of its tokens, each paragraph one of
/// its section's in the same way, and in a paragraph the first sentence and salient ones come first. The order goes
/// level by level: something of every section, then something of every paragraph, then the rest.
strategy_ranking rank_by_hierarchy(const strategy_input& input);

} // namespace weft
