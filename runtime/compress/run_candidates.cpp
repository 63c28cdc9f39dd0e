#include "runtime/compress/run_state.hpp"
#include "runtime/compress/select/scores.hpp"
#include "runtime/compress/strategies/frequency.hpp"
#include "runtime/compress/strategies/hierarchical.hpp"
#include "runtime/compress/unit_interest.hpp"

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

std::vector<run_candidate> rank_without_vectors(const run_source& source, const compress_parameters& wanted) {
  std::vector<run_candidate> out;
  const auto add = [&](compress_strategy strategy) { out.push_back({strategy, rank(strategy, source, wanted)}); };
  if (source.strategy == compress_strategy::ensemble) {
    add(source.templates ? compress_strategy::templates : compress_strategy::hierarchical);
    add(compress_strategy::frequency);
  } else if (source.strategy != compress_strategy::semantic) {
    add(source.strategy);
  }
  return out;
}

std::vector<uint32_t> favour_of(const std::vector<run_candidate>& others, uint32_t units) {
  std::vector<weighted_order> orders;
  for (const auto& each : others)
    orders.push_back({each.ranking.order, each.strategy == compress_strategy::frequency ? 2U : 1U});
  const auto joined = fuse_orders(orders, {}, units);
  std::vector<uint32_t> out(units);
  for (size_t place = 0; place < joined.size(); ++place)
    out[joined[place]] = static_cast<uint32_t>(full_interest * (units - place) / units);
  return out;
}

run_candidate join_all(const run_source& source, strategy_ranking favoured) {
  std::vector<uint32_t> exceptions;
  if (source.templates)
    for (uint32_t unit = 0; unit < source.templates->exceptions.size(); ++unit)
      if (source.templates->exceptions[unit])
        exceptions.push_back(unit);
  const weighted_order orders[] = {{favoured.order, 1}};
  run_candidate out{compress_strategy::ensemble, {}};
  out.ranking.order = fuse_orders(orders, exceptions, static_cast<uint32_t>(source.text.units.size()));
  out.ranking.why = std::move(favoured.why);
  return out;
}

status fill_candidates(const run_source& source, const compress_parameters& wanted, std::vector<run_candidate>& all) {
  for (auto& each : all) {
    auto filled = fill_budget(filling_of(source, wanted, each.ranking.order));
    if (!filled)
      return filled.error();
    each.filled = *std::move(filled);
    each.quality.term_coverage = term_coverage(source.text, each.filled.kept);
    each.quality.exceptions_kept = share_of_exceptions(source, each.filled.kept);
  }
  return ok;
}

} // namespace weft
