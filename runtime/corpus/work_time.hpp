#pragma once

#include "runtime/corpus/corpus_result.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// Products that a rank surely makes in a second: a twentieth of what one core does, as its thread yields to calls.
inline constexpr uint64_t products_per_second_least = 2'000'000'000;

/// Bounds of the longest work of a rank between two verbs, and of the longest step, beside what a small corpus takes;
/// as if one rank had it all. Between verbs: an assignment (items × clusters × dimensions products), or a round of
/// groups that one rank compares (half of a group's items for each value of the round). A step may be the drawing of
/// seeds, too (points looked at × clusters × dimensions, with verbs in between). Of the facts: items, dimensions.
std::chrono::milliseconds longest_between_verbs(const corpus_facts& facts, const corpus_options& options);
std::chrono::milliseconds longest_step(const corpus_facts& facts, const corpus_options& options);

} // namespace weft
