#pragma once

#include "runtime/compress/strategy.hpp"

namespace weft {

/// Statistical salience, without a model: sentences of words that this text is about, of facts (numbers, names, codes),
/// and of the query, each word counting less once a better sentence has it. Language needs no list: a word that stands
/// in many sentences says little. In integers; time linear in the text, and n log n in its units.
strategy_ranking rank_by_frequency(const strategy_input& input);

} // namespace weft
