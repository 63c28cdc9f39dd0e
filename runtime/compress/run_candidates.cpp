#include "runtime/compress/run_state.hpp"
#include "runtime/compress/select/scores.hpp"
#include "runtime/compress/strategies/frequency.hpp"
#include "runtime/compress/strategies/hierarchical.hpp"

#include <utility>

namespace weft {
namespace {

strategy_input input_for(const run_source& source, const compress_parameters& wanted) {
  strategy_input out;
  out.source = &source.text;
  out.budget = source.target;
  out.required = source.required;
  out.query_text = wanted.query;
  return out;
}

strategy_ranking rank(compress_strategy strategy, const run_source& source, const compress_parameters& wanted) {
  const auto input = input_for(source, wanted);
  if (strategy == compress_strategy::hierarchical)
    return rank_by_hierarchy(input);
  if (strategy == compress_strategy::templates)
    return source.templates ? rank_by_templates(input, *source.templates) : rank_by_templates(input);
  return rank_by_frequency(input);
}

/// Semantic first: where others are no better, it stays.
std::vector<run_candidate> ensemble_of(const run_source& source, const compress_parameters& wanted,
                                       strategy_ranking semantic) {
  std::vector<run_candidate> out;
  out.push_back({compress_strategy::semantic, std::move(semantic)});
  const auto by_structure = source.templates ? compress_strategy::templates : compress_strategy::hierarchical;
  for (const auto strategy : {by_structure, compress_strategy::frequency})
    out.push_back({strategy, rank(strategy, source, wanted)});
  std::vector<uint32_t> exceptions;
  if (source.templates)
    for (const auto unit : out[1].ranking.order)
      if (source.templates->exceptions[unit])
        exceptions.push_back(unit);
  const weighted_order orders[] = {{out[0].ranking.order, 2}, {out[1].ranking.order, 1}, {out[2].ranking.order, 1}};
  strategy_ranking fused;
  fused.order = fuse_orders(orders, exceptions, static_cast<uint32_t>(source.text.units.size()));
  fused.why = "semantic, " + std::string{to_string(by_structure)} + " and frequency joined by rank";
  out.push_back({compress_strategy::ensemble, std::move(fused)});
  return out;
}

double share_of_exceptions(const run_source& source, std::span<const uint32_t> kept) {
  if (!source.templates)
    return 1;
  const auto totals = totals_of(*source.templates, kept);
  return totals.exceptions > 0 ? static_cast<double>(totals.exceptions_kept) / totals.exceptions : 1;
}

fill_request filling_of(const run_source& source, const compress_parameters& wanted, std::span<const uint32_t> order) {
  fill_request out;
  out.source = &source.text;
  out.order = order;
  out.required = source.required;
  out.budget = source.target;
  out.source_tokens = source.tokens;
  out.counter = wanted.counter;
  out.count = source.count;
  return out;
}

} // namespace

status can_fill(const run_source& source, const compress_parameters& wanted) {
  if (source.whole())
    return ok;
  if (auto filled = fill_budget(filling_of(source, wanted, {})); !filled)
    return filled.error();
  return ok;
}

result<std::vector<run_candidate>> make_candidates(const run_source& source, const compress_parameters& wanted,
                                                   std::optional<strategy_ranking> semantic) {
  std::vector<run_candidate> out;
  if (source.strategy == compress_strategy::ensemble)
    out = ensemble_of(source, wanted, *std::move(semantic));
  else if (source.strategy == compress_strategy::semantic)
    out.push_back({source.strategy, *std::move(semantic)});
  else
    out.push_back({source.strategy, rank(source.strategy, source, wanted)});
  for (auto& each : out) {
    auto filled = fill_budget(filling_of(source, wanted, each.ranking.order));
    if (!filled)
      return filled.error();
    each.filled = *std::move(filled);
    each.quality.term_coverage = term_coverage(source.text, each.filled.kept);
    each.quality.exceptions_kept = share_of_exceptions(source, each.filled.kept);
  }
  return out;
}

} // namespace weft
