#pragma once

#include "runtime/compress/strategy.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// The forms of a log's lines or a list's records.
struct template_facts {
  uint32_t templates = 0;            ///< distinct forms
  std::vector<uint32_t> template_of; ///< [units]
  std::vector<uint32_t> counts;      ///< [templates]
  std::vector<uint8_t> errors;       ///< [units]: 1 = looks like an error
  std::vector<uint8_t> exceptions;   ///< [units]: 1 = looks like an error, or its form is rare
};

/// Finds them, with one pass over the units and bounded memory.
template_facts find_templates(const document& source);

struct template_totals {
  uint32_t templates = 0;
  uint32_t templates_kept = 0; ///< with one unit kept at least
  uint32_t exceptions = 0;
  uint32_t exceptions_kept = 0;
};
template_totals totals_of(const template_facts& facts, std::span<const uint32_t> kept);

/// For how many units each kept one stands, itself included: [kept]. The first of a template stands for all that were
/// left out of it, the others for themselves alone. Exceptions are apart: one stands for left-out exceptions of its
/// template only, so for 1 where all were kept. Headings and header rows stand for 1. No unit is counted twice.
/// kept: ascending.
std::vector<uint32_t> count_stands_for(const document& source, const template_facts& facts,
                                       std::span<const uint32_t> kept);

/// All that looks like an error, then the other exceptions, each in the order of the text, then an exemplar of each
/// template, the commonest first, then where things change: the first and last lines, and lines where one template
/// gives way to another.
strategy_ranking rank_by_templates(const strategy_input& input);
strategy_ranking rank_by_templates(const strategy_input& input, const template_facts& facts);

} // namespace weft
